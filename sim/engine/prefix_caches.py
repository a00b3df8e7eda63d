"""How many prefixes of prompts the replicas of a service hold, and the memory that is kept for them."""

from __future__ import annotations

from sim.errors import ScenarioError
from sim.kernels.prefixes import Prefixes, new_prefixes
from sim.models.work import cached_tokens
from sim.scenario.specs import PoissonTraffic, Service
from sim.workload import Traffic

MOST_LINKS = 2**25  # groups times replicas: 256 MiB


def prefix_groups(service: Service) -> int:
    """Groups of prompts that begin alike; 0 where the traffic tells none apart."""
    traffic = service.traffic
    return (traffic.prefix_groups or 0) if isinstance(traffic, PoissonTraffic) else 0


def prefix_caches(service: Service, traffic: Traffic, kv_capacity: int) -> tuple[Prefixes, int]:
    """Empty caches of all replicas, and the KV tokens of each that are kept for prefixes.

    Without groups of prompts nothing is kept: then `prefix_hit_share` is what a cache of any size holds.
    """
    groups = prefix_groups(service)
    if groups == 0:
        return new_prefixes(service.replicas_max, 0, 0), 0
    if groups * service.replicas_max > MOST_LINKS:
        raise ScenarioError(
            f"services.{service.name}.traffic.prefix_groups: {groups:,} groups on {service.replicas_max:,} replicas; "
            f"at most {MOST_LINKS:,} pairs of both are followed"
        )
    each = cached_tokens(traffic.mean_input_tokens, service.prefix_hit_share)
    kept = int(service.prefix_cache_share * kv_capacity) if each > 0.0 else 0
    return new_prefixes(service.replicas_max, groups, int(kept / each) if kept else 0), kept
