// Placeholder until the suites land.
