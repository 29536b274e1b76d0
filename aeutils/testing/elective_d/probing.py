def probes(standardise, linear_probe, knn_probe):
    return True
