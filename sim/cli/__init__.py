"""The command `dcsim`: one file per command, no arithmetic; results on standard output, all else on standard error.

`main` is the entrance. Commands are imported when they are called, and what they need when they run, so that
`--help` and `validate` stay fast.
"""
