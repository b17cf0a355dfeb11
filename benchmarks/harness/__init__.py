"""What the benchmarks share: applications, images of the peers, how they are measured and written down."""
