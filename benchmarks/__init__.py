"""The benchmarks: one archive, fixed workloads, several servers, one table."""
