"""What `make bench` runs: prints one table, writes bench/results/latest.json."""
