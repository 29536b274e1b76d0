"""What crosses between a student's process and the tests: values, proxies, remote calls."""
