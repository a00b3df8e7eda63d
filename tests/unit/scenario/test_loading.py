"""What a scenario file compiles to: the documented example, defaults, short forms, units, warnings."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from sim.errors import UsageError
from sim.scenario import Scenario, json_schema, load, specs, template, template_names

Write = Callable[[str], Path]

FULL = """\
schema: 1
name: chatbot-texas
start: "2023-07-01T00:00:00-06:00"   # instant of t = 0, offset mandatory
horizon_h: 24
warmup_h: 1
seed: 1
site:
  utc_offset_h: -6
  elevation_m: 142
  weather: {file: x.epw.gz, format: epw}
  tariff: {file: p.csv.gz, time_column: datetime_utc, value_column: price_usd_per_mwh, timezone: UTC, per: mwh, usd_per_unit: 2, adder_usd_per_kwh: 0.01, max_gap_h: 3, outside: error, demand_usd_per_kw_month: 8}
  carbon: {file: c.csv, time_column: t, value_column: v, timezone: UTC, basis: lifecycle, max_gap_h: 2, outside: wrap, usd_per_tonne: 50}
  water_usd_per_m3: 3
  power_limit_kw: 500
  plant: {preset: chilled-water, supply_c: 24}
economics: {discount_rate: 0.08, facility_usd_per_kw: 12000, facility_life_y: 15, measure_life_y: 3, engineer_usd_per_h: 120, staff_usd_per_y: 0}
pools:
  - {name: h100, node: hgx-h100-8, nodes: 4, acquire: {own: {capex_usd_per_node: 280000, life_y: 5, resale_share: 0}}}
  - {name: cloud, node: generic-1, nodes: 2, acquire: {rent: {usd_per_accelerator_h: 2.5, includes: [energy, facility]}}}
services:
  - name: chat
    field: nlp
    model: llama-3.1-70b
    engine: vllm
    precision: bf16
    pool: h100
    tensor_parallel: 4
    replicas: {min: 2, max: 6}
    traffic:
      trace: {file: requests.csv, rate_scale: 1.5, repeat: true, align: first-row, resample: {blocks_s: 300}}
    slo: {ttft_p99_s: 2.0, tpot_p99_s: 0.1}
  - name: queue
    field: nlp
    model: fixed-time
    pool: cloud
    replicas: 2
    traffic:
      poisson: {rate_per_s: 5}
      profile: {daily: {peak_to_mean: 1.8, peak_hour: 15}, weekend: 0.6}
      service_s: {exponential: 1.0}
jobs:
  - {name: research, pool: h100, policy: sjf, trace: {file: jobs.swf}}
  - {name: training, pool: h100, train: {model: llama-3.1-8b, tokens: 2.0e9, precision: bf16, accelerators: 8, every_h: 24}}
mixes:
  baseline: {}
  lean:
    compute: {router: least-loaded, autoscale: {target_utilisation: 0.7}}
    algorithm: [{quantise: fp8, for: chat}, {distil: llama-3.1-8b}]
    energy: {power_cap_w: 500, plant: direct-liquid}
    vertical: [{customise: lora}, {augment: {samples: 20000}}]
"""  # noqa: E501  # as the documentation shows it


@pytest.fixture
def full(written: Write, tmp_path: Path) -> Scenario:
    for name in ("x.epw.gz", "p.csv.gz", "c.csv", "requests.csv", "jobs.swf"):
        (tmp_path / name).write_text("")
    return load(written(FULL))


class TestTheDocumentedExample:
    def test_time_and_money_are_si(self, full: Scenario) -> None:
        assert full.start == datetime(2023, 7, 1, tzinfo=timezone(timedelta(hours=-6)))
        assert (full.horizon_s, full.warmup_s, full.seed) == (86_400.0, 3600.0, 1)
        assert full.economics == specs.Economics(
            discount_rate=0.08,
            facility_usd_per_kw=12_000,
            facility_life_y=15,
            measure_life_y=3,
            engineer_usd_per_h=120,
            staff_usd_per_y=0,
        )

    def test_the_site_names_its_files(self, full: Scenario, tmp_path: Path) -> None:
        site = full.site
        assert (site.utc_offset_h, site.elevation_m, site.water_usd_per_m3) == (-6, 142, 3)
        assert site.power_limit_w == 500_000
        assert site.weather == specs.WeatherSource(file=tmp_path / "x.epw.gz", format="epw")
        assert site.tariff == specs.Tariff(
            energy_usd_per_kwh=specs.SeriesFile(
                path=tmp_path / "p.csv.gz",
                time_column="datetime_utc",
                value_column="price_usd_per_mwh",
                timezone="UTC",
                scale=0.002,
                adder=0.01,
            ),
            demand_usd_per_kw_month=8,
        )
        assert isinstance(site.carbon.g_per_kwh, specs.SeriesFile)
        assert (site.carbon.g_per_kwh.scale, site.carbon.g_per_kwh.outside) == (1.0, "wrap")
        assert (site.carbon.basis, site.carbon.usd_per_tonne) == ("lifecycle", 50)
        assert (site.plant.type.name, dict(site.plant.overrides)) == ("chilled-water", {"supply_c": 24.0})

    def test_pools_are_bought_or_rented(self, full: Scenario) -> None:
        own, rent = full.pools
        assert (own.accelerators, own.node.accelerator.name) == (32, "h100-sxm")
        assert own.acquire == specs.Acquire(kind="own", capex_usd_per_node=280_000, life_y=5)
        assert rent.acquire.usd_per_accelerator_h == 2.5
        assert rent.acquire.includes == {"energy", "facility"}

    def test_services_have_traffic_and_promises(self, full: Scenario, tmp_path: Path) -> None:
        chat, queue = full.services
        assert (chat.replicas_min, chat.replicas_max, chat.tensor_parallel) == (2, 6, 4)
        assert chat.traffic == specs.TraceTraffic(
            path=tmp_path / "requests.csv", rate_scale=1.5, repeat=True, resample_s=300
        )
        assert chat.slo == specs.Slo(ttft_p99_s=2.0, tpot_p99_s=0.1)
        assert (queue.replicas_min, queue.replicas_max) == (1, 2)
        assert queue.traffic == specs.PoissonTraffic(
            rate_per_s=5,
            profile=specs.Profile(peak_to_mean=1.8, peak_hour=15, weekend=0.6),
            service_s=specs.Distribution(kind="exponential", mean=1.0),
        )

    def test_jobs_are_read_or_generated(self, full: Scenario, tmp_path: Path) -> None:
        log, training = full.jobs
        assert (log.policy, log.work) == ("sjf", specs.JobTrace(path=tmp_path / "jobs.swf"))
        assert isinstance(training.work, specs.TrainJobs)
        assert (training.policy, training.work.tokens, training.work.every_s) == ("sjf", 2e9, 86_400)

    def test_mixes_are_measures_in_order(self, full: Scenario) -> None:
        baseline, lean = full.mixes
        assert baseline == specs.Mix(name="baseline")
        found = [(each.family, each.kind, each.targets) for each in lean.measures]
        assert found == [
            ("compute", "router", None),
            ("compute", "autoscale", None),
            ("algorithm", "quantise", ("chat",)),
            ("algorithm", "distil", None),
            ("energy", "power_cap_w", None),
            ("energy", "plant", None),
            ("vertical", "customise", None),
            ("vertical", "augment", None),
        ]
        options = {each.kind: each.options for each in lean.measures}
        plant = options.pop("plant")["plant"]
        assert isinstance(plant, specs.PlantSpec)
        assert plant.type.name == "direct-liquid"
        assert options == {
            "router": {"router": "least-loaded"},
            "autoscale": {"target_utilisation": 0.7},
            "quantise": {"quantise": "fp8"},
            "distil": {"distil": "llama-3.1-8b"},
            "power_cap_w": {"power_cap_w": 500},
            "customise": {"method": "lora"},
            "augment": {"samples": 20_000},
        }
        assert lean.measures[2].path.endswith("s.yaml:48:28: mixes.lean.algorithm.0.quantise")

    def test_the_resolved_document_is_plain_and_loads_again(self, full: Scenario, tmp_path: Path) -> None:
        again = tmp_path / "again.yaml"
        again.write_text(json.dumps(full.document))
        loaded = load(again)
        assert loaded.document == full.document
        assert (loaded.services, loaded.pools, loaded.site) == (full.services, full.pools, full.site)

    def test_a_scenario_travels_to_other_processes(self, full: Scenario) -> None:
        assert pickle.loads(pickle.dumps(full)) == full  # as worker processes do


class TestDefaults:
    TEXT = "schema: 1\npools: [{name: a, node: hgx-h100-8, nodes: 1}]\n"

    def test_little_need_be_said(self, written: Write) -> None:
        scenario = load(written(self.TEXT))
        assert (scenario.name, scenario.horizon_s, scenario.warmup_s, scenario.seed) == ("s", 86_400, 0, 1)
        assert scenario.start == datetime(2023, 1, 1, tzinfo=UTC)
        assert scenario.site.utc_offset_h == 0
        assert scenario.site.weather == specs.WeatherSource(dry_bulb_c=20, relative_humidity=0.5)
        assert scenario.mixes == (specs.Mix(name="baseline"),)
        assert scenario.pools[0].acquire.capex_usd_per_node == scenario.pools[0].node.capex_usd
        assert scenario.warnings == ("neither services nor jobs: the fleet idles",)

    def test_defaults_that_are_assumed_are_named(self, written: Write) -> None:
        assumed = load(written(self.TEXT)).assumed
        assert "site.tariff" in assumed
        assert "economics.discount_rate" in assumed
        assert "nodes.hgx-h100-8.capex_usd" in assumed
        stated = self.TEXT.replace("nodes: 1", "nodes: 1, acquire: {own: {capex_usd_per_node: 1}}")
        said = load(
            written(stated + "site: {tariff: {energy_usd_per_kwh: 1}}\neconomics: {discount_rate: 0.1}\n")
        ).assumed
        assert not {"site.tariff", "economics.discount_rate", "nodes.hgx-h100-8.capex_usd"} & set(said)

    @pytest.mark.parametrize(
        ("written_short", "kind"),
        [("own", "own"), ("{own: }", "own"), ("", "own"), ("sunk", "sunk"), ("rent", "rent"), ("{rent: {}}", "rent")],
    )
    def test_a_pool_is_come_by_as_a_word_says(self, written_short: str, kind: str, written: Write) -> None:
        text = self.TEXT.replace("nodes: 1}", f"nodes: 1, acquire: {written_short}}}")
        acquire = load(written(text)).pools[0].acquire
        assert acquire.kind == kind
        assert (acquire.usd_per_accelerator_h > 0) == (kind == "rent")

    def test_empty_parts_stand_for_their_defaults(self, written: Write) -> None:
        text = self.TEXT + "site:\neconomics:\nservices: []\njobs: []\nmixes:\n  a:\n  b: {compute: , energy: }\n"
        assert load(written(text)).mixes == (specs.Mix(name="a"), specs.Mix(name="b"))

    def test_the_offset_of_the_start_is_the_local_time(self, written: Write) -> None:
        scenario = load(written(self.TEXT + "start: 2023-07-01T00:00:00+05:30\n"))
        assert scenario.site.utc_offset_h == 5.5

    def test_a_trace_is_replayed_as_it_is_unless_blocks_are_drawn(
        self, small: str, written: Write, tmp_path: Path
    ) -> None:
        (tmp_path / "t.csv").write_text("")
        start, stop = small.index("      poisson"), small.index("mixes:")
        for resample in ("none", "", "{}"):
            text = small[:start] + f"      trace: {{file: t.csv, resample: {resample}}}\n" + small[stop:]
            assert load(written(text)).services[0].traffic == specs.TraceTraffic(path=tmp_path / "t.csv")


class TestMixes:
    def test_a_family_may_be_a_mapping_a_list_or_one_item(self, small: str, written: Write) -> None:
        head = small[: small.index("mixes:")]
        text = (
            head
            + "mixes: {m: {energy: [{power_cap_w: 400, for: [h100]}, {clock_mhz: 900}], algorithm: {quantise: int8}}}\n"
        )
        measures = load(written(text)).mixes[0].measures
        assert [(each.kind, each.targets) for each in measures] == [
            ("quantise", None),
            ("power_cap_w", ("h100",)),
            ("clock_mhz", None),
        ]

    def test_what_is_null_asks_for_nothing(self, small: str, written: Write) -> None:
        text = small.replace("{power_cap_w: 500}", "{power_cap_w: null, shift: null}") + "choose: null\n"
        assert [each.kind for each in load(written(text)).mixes[1].measures] == ["quantise"]


class TestWarnings:
    def test_a_format_that_the_accelerator_lacks_is_allowed(self, small: str, written: Write) -> None:
        scenario = load(written(small.replace("replicas: 4", "replicas: 4\n    precision: int4")))
        assert scenario.warnings == (
            "services.chat.precision: h100-sxm has no native int4: weights are held in it, computing is bf16",
        )

    def test_a_job_larger_than_its_pool_is_rejected_when_it_runs(self, small: str, written: Write) -> None:
        jobs = "jobs: [{name: j, pool: h100, train: {model: llama-3.1-8b, tokens: 1e9, accelerators: 17}}]\n"
        assert (
            "jobs.j.train: a job asks for 17 accelerators, pool 'h100' has 16: every job is rejected"
            in load(written(small + jobs)).warnings
        )

    def test_services_that_leave_nothing_to_jobs_are_told(self, small: str, written: Write) -> None:
        text = small.replace("replicas: 4", "replicas: 16")
        jobs = "jobs: [{name: j, pool: h100, train: {model: llama-3.1-8b, tokens: 1e9, accelerators: 1}}]\n"
        assert any("may hold all 16 accelerators" in warning for warning in load(written(text + jobs)).warnings)

    def test_a_context_with_too_little_room_is_told(self, small: str, written: Write) -> None:
        text = small.replace("{constant: 600}", "{constant: 1e7}")
        assert "a mean request holds 10000120" in load(written(text)).warnings[0]


class TestUsersCatalogue:
    def test_own_entries_are_found(self, small: str, written: Write, tmp_path: Path) -> None:
        (tmp_path / "mine.yaml").write_text(
            "precisions: {mine: {bytes_per_value: 3, compute: [bf16], sources: {a test: [bytes_per_value]}}}\n"
        )
        text = small.replace("name: small", "catalog: mine.yaml").replace(
            "replicas: 4", "replicas: 4\n    precision: mine"
        )
        assert load(written(text)).services[0].precision == "mine"

    def test_a_node_may_be_written_in_place(self, small: str, written: Write) -> None:
        node = (
            "{accelerator: h100-sxm, accelerators: 2, cpu_idle_w: 100, cpu_max_w: 300, other_w: 100, fan_max_w: 200, "
            "fan_min_share: 0.2, psu: {0.1: 0.9, 1: 0.95}, rated_w: 2500, capex_usd: 70000, life_y: 4, "
            "maintenance_share_per_y: 0.03}"
        )
        pool = load(written(small.replace("hgx-h100-8", node))).pools[0]
        assert (pool.accelerators, pool.node.capex_usd) == (4, 70_000)
        assert pool.node.psu == {0.1: 0.9, 1.0: 0.95}


class TestTemplates:
    @pytest.mark.parametrize("name", template_names())
    def test_a_template_is_a_scenario_that_says_what_it_asks(self, name: str, written: Write) -> None:
        text = template(name)
        assert text.startswith("# ")
        scenario = load(written(text))
        assert scenario.name == name
        assert len(scenario.mixes) > 1
        assert scenario.warnings == ()

    def test_an_unknown_template_is_a_usage_error(self) -> None:
        assert "chatbot" in template_names()
        with pytest.raises(UsageError, match=r"no template 'chatbott'; did you mean 'chatbot'\?"):
            template("chatbott")


class TestJsonSchema:
    def test_every_key_has_a_description(self) -> None:
        schema = json_schema()
        definitions = schema["$defs"]
        assert isinstance(definitions, dict)
        mappings = [schema, *(_mapping(each) for each in definitions.values())]
        missing = [
            (each.get("title"), key)
            for each in mappings
            for key, held in dict(each["properties"]).items()  # type: ignore[call-overload]
            if "description" not in held
        ]
        assert missing == []

    def test_it_is_plain_json(self) -> None:
        assert json.loads(json.dumps(json_schema())) == json_schema()


def _mapping(definition: dict[str, object]) -> dict[str, object]:
    """The form of a definition that has keys, where a short form stands beside it."""
    forms = definition.get("anyOf", [definition])
    assert isinstance(forms, list)
    return dict(forms[0])


def test_a_battery_takes_what_it_does_not_state_from_the_catalogue(written: Write) -> None:
    text = "schema: 1\nhorizon_h: 1\nsite: {battery: {kwh: 100, kw: 25, depth: 0.8}}\n"
    text += "pools:\n  - {name: h100, node: hgx-h100-8, nodes: 1}\njobs:\n"
    text += "  - {name: t, pool: h100, train: {model: llama-3.1-8b, tokens: 1.0e9, precision: bf16, accelerators: 8}}\n"
    made = load(written(text))
    battery = made.site.battery
    assert (battery.capacity_j, battery.power_w, battery.depth) == (3.6e8, 25_000.0, 0.8)
    assert (battery.charge_efficiency, battery.cycles, battery.life_y) == (0.95, 7000.0, 15.0)
    named = {each.rpartition(".")[2] for each in made.assumed if each.startswith("techniques.battery.any")}
    assert named == {"charge_efficiency", "discharge_efficiency", "cycles", "life_y", "usd_per_kwh"}
