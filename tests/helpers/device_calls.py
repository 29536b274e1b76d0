"""One call of every public function that takes tensors, for tests of what a device changes.

Each call gets `put`, which moves a tensor, a module or a tuple to the device in question, and
returns what the function made: tensors, numbers, figures, or several of these. Arguments are drawn
on the CPU, and so are random numbers, so that the device alone can make a difference.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from device_runs import (
    B1,
    BITS,
    COUNTS,
    ELBO,
    FLAGS,
    IMAGES,
    KNOWN,
    LOG_VAR,
    MEAN,
    MOVES,
    SCORES,
    SERIES,
    SYMBOLS,
    W1,
    W2,
    X2,
    Z2,
    Put,
    X,
    Y,
    Z,
    digits_on,
    draws,
    encoded_patches,
    encoder,
    fitted,
    graph,
    network,
    normal,
    of,
    predicted_patches,
    trained,
    trained_adversarial,
    trained_encoder,
    trained_prediction,
    uniform,
    with_draws,
)

from aeutils import (
    anomalies,
    compression,
    corruption,
    embeddings,
    generation,
    losses,
    models,
    neighbours,
    passport,
    pca,
    plots,
    training,
    widgets,
)

CALLS: dict[str, Callable[[Put], Any]] = {
    # anomalies
    "anomalies.best_adjusted_f1": of(anomalies.best_adjusted_f1, SCORES, FLAGS),
    "anomalies.best_f1": of(anomalies.best_f1, SCORES, FLAGS),
    "anomalies.corrected_errors": of(
        anomalies.corrected_errors, uniform(12), Z, uniform(20), normal(20, 4, seed=3)
    ),
    "anomalies.event_quality": of(anomalies.event_quality, SCORES > 0.5, FLAGS),
    "anomalies.fine_detail": of(anomalies.fine_detail, IMAGES),
    "anomalies.gaussian_kernel": of(anomalies.gaussian_kernel, Z, Z2, gamma=0.5),
    "anomalies.kernel_pca_errors": lambda put: anomalies.kernel_pca_errors(
        anomalies.gaussian_kernel(put(Z), put(Z), 0.5),
        anomalies.gaussian_kernel(put(Z2), put(Z), 0.5),
        put(torch.ones(12)),
        3,
    ),
    "anomalies.mean_distance": of(anomalies.mean_distance, Z, Z2),
    "anomalies.median_gamma": of(anomalies.median_gamma, Z),
    "anomalies.nearest_distance": of(anomalies.nearest_distance, Z, Z2),
    "anomalies.neighbour_difference": of(anomalies.neighbour_difference, SERIES),
    "anomalies.overlap_mean": of(anomalies.overlap_mean, normal(5, 4)),
    "anomalies.point_adjust": of(anomalies.point_adjust, SCORES > 0.5, FLAGS),
    "anomalies.point_scores": of(anomalies.point_scores, SCORES, width=4),
    "anomalies.ranking_quality": of(anomalies.ranking_quality, SCORES, FLAGS),
    "anomalies.runs": of(anomalies.runs, FLAGS),
    "anomalies.threshold": of(anomalies.threshold, SCORES, rate=0.1),
    "anomalies.windows": of(anomalies.windows, SERIES, width=8, stride=2),
    # compression
    "compression.SymbolModel": lambda put: compression.SymbolModel(put(SYMBOLS)).bits(put(SYMBOLS)),
    "compression.bits_per_pixel": of(compression.bits_per_pixel, SYMBOLS, SYMBOLS, n_pixels=784),
    "compression.decode": lambda put: compression.decode(
        compression.encode(put(SYMBOLS), compression.SymbolModel(put(SYMBOLS))),
        len(SYMBOLS),
        compression.SymbolModel(put(SYMBOLS)),
    ),
    "compression.dequantise": of(compression.dequantise, SYMBOLS, torch.tensor([0.1, 0.2, 0.3])),
    "compression.encode": lambda put: list(
        compression.encode(put(SYMBOLS), compression.SymbolModel(put(SYMBOLS)))
    ),
    "compression.entropy": of(compression.entropy, COUNTS[0]),
    "compression.jpeg": lambda put: compression.jpeg(put(IMAGES), 50).images,
    "compression.quantise": of(compression.quantise, Z, torch.tensor([0.1, 0.2, 0.3, 0.4])),
    "compression.sensitivity": lambda put: compression.sensitivity(
        encoder(put, (4, 6, 784)), put(Z)
    ),
    # corruption
    "corruption.LinearDenoiser": lambda put: corruption.LinearDenoiser().fit(put(X), put(X2))(
        put(X)
    ),
    "corruption.PCADenoiser": lambda put: corruption.PCADenoiser(3).fit(put(X))(put(X2)),
    "corruption.affine_tangents": of(corruption.affine_tangents, IMAGES),
    "corruption.block": with_draws(corruption.block, X, size=5),
    "corruption.downsample": with_draws(corruption.downsample, X, factor=4),
    "corruption.gaussian": with_draws(corruption.gaussian, X, sigma=0.5),
    "corruption.gaussian_filter": of(corruption.gaussian_filter, IMAGES, width=1.0),
    "corruption.ideal_denoiser": of(corruption.ideal_denoiser, Z, Z2, sigma=0.5),
    "corruption.jitter": with_draws(corruption.jitter, X),
    "corruption.linear_least_squares": of(corruption.linear_least_squares, Z, Z2, ridge=1.0),
    "corruption.mask": with_draws(corruption.mask, X, share=0.3),
    "corruption.median_filter": of(corruption.median_filter, IMAGES),
    "corruption.moved": lambda put: [corruption.moved(put(IMAGES), name, 1.0) for name in MOVES],
    "corruption.non_local_means": of(corruption.non_local_means, IMAGES[:2], sigma=0.2),
    "corruption.psnr": of(corruption.psnr, X, X2),
    "corruption.psnr_of_mean": of(corruption.psnr_of_mean, X, X2),
    "corruption.salt_and_pepper": with_draws(corruption.salt_and_pepper, X, share=0.3),
    "corruption.speckle": with_draws(corruption.speckle, X, sigma=0.3),
    # embeddings
    "embeddings.adjusted_rand_index": of(embeddings.adjusted_rand_index, Y.flip(0), Y),
    "embeddings.analogy": lambda put: embeddings.analogy(
        put(normal(20, 8)), *(put(torch.arange(i, i + 3)) for i in (0, 3, 6))
    ),
    "embeddings.auc": of(embeddings.auc, SCORES[:9], SCORES[9:]),
    "embeddings.average_precision": of(embeddings.average_precision, FLAGS.reshape(3, 10)),
    "embeddings.class_similarity": lambda put: embeddings.class_similarity(put(Z), put(Y)).ratio,
    "embeddings.class_similarity_by_matrix": lambda put: (
        embeddings.class_similarity_by_matrix(put(Z), put(Y)).ratio
    ),
    "embeddings.distance_table": lambda put: [
        embeddings.distance_table(put(Z), put(Z2), metric)
        for metric in ("euclidean", "manhattan", "cosine")
    ],
    "embeddings.distances": of(embeddings.distances, Z, Z2),
    "embeddings.hubness": of(embeddings.hubness, Z, k=3, sample=10),
    "embeddings.k_means": of(embeddings.k_means, Z, k=3, seed=0),
    "embeddings.knn_accuracy": of(embeddings.knn_accuracy, Z, Y, Z2, Y),
    "embeddings.linear_probe": of(embeddings.linear_probe, Z, Y, Z2, Y),
    "embeddings.mcnemar": lambda put: embeddings.mcnemar(put(FLAGS), put(SCORES > 0.5)).p,
    "embeddings.mean_average_precision": of(embeddings.mean_average_precision, Z, Y, sample=11),
    "embeddings.neighbour_overlap": of(embeddings.neighbour_overlap, Z, Z2, k=3, sample=10),
    "embeddings.occurrences": of(embeddings.occurrences, Z, k=3),
    "embeddings.pair_auc": of(embeddings.pair_auc, Z, Y, sample=10),
    "embeddings.pca_map": of(embeddings.pca_map, Z),
    "embeddings.ppmi": of(embeddings.ppmi, COUNTS),
    "embeddings.prototype_accuracy": of(embeddings.prototype_accuracy, Z, Y, Z2, Y),
    "embeddings.purity": of(embeddings.purity, Y.flip(0), Y),
    "embeddings.ranks": of(embeddings.ranks, SCORES),
    "embeddings.silhouette": of(embeddings.silhouette, Z, Y, sample=10),
    "embeddings.spearman": of(embeddings.spearman, SCORES, SCORES.flip(0)),
    "embeddings.tf_idf": of(embeddings.tf_idf, COUNTS, COUNTS),
    "embeddings.trustworthiness": of(embeddings.trustworthiness, Z, Z2, k=3, sample=10),
    "embeddings.tsne": of(embeddings.tsne, Z, perplexity=3.0, steps=250),
    "passport.baselines": lambda put: [
        (row.knn5, row.pair_auc) for row in passport.baselines(digits_on(put))
    ],
    "passport.measure": lambda put: vars(
        passport.measure(lambda x: x.flatten(1)[:, :50], digits_on(put), "a row", more=True)
    ),
    # generation
    "generation.active_units": of(generation.active_units, MEAN),
    "generation.attribute_direction": of(generation.attribute_direction, Z, Y == 1),
    "generation.discriminator_loss": lambda put: generation.discriminator_loss(
        encoder(put, (4, 6, 1)), put(Z), put(Z2)
    ),
    "generation.encoder_loss": lambda put: generation.encoder_loss(encoder(put, (4, 6, 1)), put(Z)),
    "generation.frechet_distance": of(generation.frechet_distance, Z, Z2),
    "generation.gaussian_samples": with_draws(generation.gaussian_samples, Z, n=5),
    "generation.great_circle": of(generation.great_circle, Z[0], Z[1], steps=4),
    "generation.importance_weighted_nll": lambda put: generation.importance_weighted_nll(
        put(uniform(12, 6).round()),
        put(normal(5, 12, 6)),
        put(normal(5, 12, 4)),
        put(MEAN),
        put(LOG_VAR),
    ),
    "generation.kl_to_prior": of(generation.kl_to_prior, MEAN, LOG_VAR),
    "generation.mmd": of(generation.mmd, Z, Z2),
    "generation.nearest_distances": of(generation.nearest_distances, X, X2),
    "generation.negative_elbo": of(generation.negative_elbo, *ELBO),
    "generation.sample_latent": with_draws(generation.sample_latent, MEAN, LOG_VAR),
    "generation.slant": of(generation.slant, IMAGES),
    "generation.thickness": of(generation.thickness, IMAGES),
    "generation.walk_until": lambda put: generation.walk_until(
        lambda x: x.sum(dim=1), lambda z: z, put(Z), put(torch.ones(4)), 1.0
    ),
    # losses
    "losses.absolute_error": of(losses.absolute_error, X, X2),
    "losses.activity": of(losses.activity, Z),
    "losses.all_pairs_loss": of(losses.all_pairs_loss, Z, Y),
    "losses.bce_with_logits": of(losses.bce_with_logits, X, X2),
    "losses.bernoulli_nll": of(losses.bernoulli_nll, X, X2),
    "losses.contrastive_loss": of(losses.contrastive_loss, Z, Z2, Y == 1),
    "losses.correntropy_loss": of(losses.correntropy_loss, X, X2, sigma=0.5),
    "losses.gains": of(losses.gains, normal(12, 3, 5), torch.linalg.qr(normal(12, 5, 2))[0]),
    "losses.gaussian_nll": lambda put: [
        losses.gaussian_nll(put(X), put(X2), sigma)
        for sigma in (0.5, torch.tensor(0.5), put(torch.tensor([0.5])))
    ],
    "losses.hardest_triplet_loss": of(losses.hardest_triplet_loss, Z, Y),
    "losses.hinge_mse": of(losses.hinge_mse, X, X2),
    "losses.hutchinson": lambda put: losses.hutchinson(encoder(put), put(X), 3, draws()),
    "losses.jacobians": lambda put: losses.jacobians(encoder(put), put(X)),
    "losses.kl_sparsity": of(losses.kl_sparsity, uniform(12, 4), target=0.1),
    "losses.l1": lambda put: losses.l1(encoder(put)),
    "losses.l2": lambda put: losses.l2(encoder(put)),
    "losses.mse": of(losses.mse, X, X2),
    "losses.multinomial_nll": of(losses.multinomial_nll, normal(12, 6), COUNTS),
    "losses.pair_terms": of(losses.pair_terms, SCORES, FLAGS, margin=1.0),
    "losses.penalty_by_loop": lambda put: losses.penalty_by_loop(encoder(put), put(X)),
    "losses.poisson_nll": of(losses.poisson_nll, normal(12, 6), COUNTS, full=True),
    "losses.random_pairs": with_draws(losses.random_pairs, Y, n=9),
    "losses.sigmoid_penalty": of(losses.sigmoid_penalty, X, W1, B1),
    "losses.singular_values": of(losses.singular_values, normal(12, 3, 5)),
    "losses.squared_error_per_image": of(losses.squared_error_per_image, X, X2),
    "losses.supcon_loss": of(losses.supcon_loss, Z, Y),
    "losses.tanh_cross_entropy": of(losses.tanh_cross_entropy, X, X2),
    "losses.triplet_loss": of(losses.triplet_loss, Z, Z2, Z.flip(0)),
    "losses.two_layer_penalty": of(losses.two_layer_penalty, X, W1, B1, W2),
    "losses.weight_penalty": lambda put: losses.weight_penalty(encoder(put), 2),
    # models
    "models.Autoencoder": network(lambda: models.Autoencoder((784, 8, 2)), X),
    "models.Classifier": network(models.Classifier, IMAGES),
    "models.ConvAutoencoder": network(lambda: models.ConvAutoencoder(4, 4), IMAGES),
    "models.ConvWindowAutoencoder": network(
        lambda: models.ConvWindowAutoencoder(16, 4, 2), normal(5, 16)
    ),
    "models.LinearAutoencoder": network(lambda: models.LinearAutoencoder(784, 2), X),
    "models.ResNetAutoencoder": network(lambda: models.ResNetAutoencoder(4, 4), IMAGES),
    "models.ResidualBlock": network(lambda: models.ResidualBlock(2), normal(3, 2, 8, 8)),
    "models.SemanticHash": network(lambda: models.SemanticHash((784, 8, 4)), X),
    "models.TiedAutoencoder": network(lambda: models.TiedAutoencoder((784, 8, 2)), X),
    "models.PatchEncoder": encoded_patches,
    "models.PatchPredictor": predicted_patches,
    "models.VariationalAutoencoder": network(lambda: models.VariationalAutoencoder((784, 8, 2)), X),
    "models.WindowAutoencoder": network(lambda: models.WindowAutoencoder(16, 8, 2), normal(5, 16)),
    "models.count_parameters": lambda put: models.count_parameters(encoder(put)),
    "models.mlp": lambda put: encoder(put)(put(X)),
    "models.noisy_code": with_draws(models.noisy_code, Z, noise=1.0),
    "models.to_bits": of(models.to_bits, Z),
    # neighbours
    "neighbours.BitIndex": lambda put: neighbours.BitIndex(neighbours.pack(put(BITS))).search(
        neighbours.pack(put(BITS[:3])), 4
    ),
    "neighbours.CellIndex": lambda put: neighbours.CellIndex(
        put(normal(200, 4)), cells=5, rounds=3
    ).search(put(Z), k=3),
    "neighbours.classify": of(neighbours.classify, Z, Y, Z2, k=3),
    "neighbours.hamming": lambda put: neighbours.hamming(
        neighbours.pack(put(BITS)), neighbours.pack(put(BITS))
    ),
    "neighbours.hamming_search": lambda put: neighbours.hamming_search(
        neighbours.pack(put(BITS[:3])), neighbours.pack(put(BITS)), 4
    ),
    "neighbours.nearest": of(neighbours.nearest, uniform(6, 12), k=3),
    "neighbours.neighbour_graph": lambda put: graph(put) @ put(torch.eye(12)),
    "neighbours.one_hot_known": of(neighbours.one_hot_known, KNOWN, classes=3),
    "neighbours.pack": of(neighbours.pack, BITS),
    "neighbours.propagate": lambda put: neighbours.propagate(graph(put), put(KNOWN), 3),
    "neighbours.recall": of(neighbours.recall, Y.reshape(3, 4), Y.reshape(3, 4)),
    "neighbours.search": of(neighbours.search, Z, Z2, k=3),
    "neighbours.spread_labels": of(neighbours.spread_labels, Z, KNOWN, classes=3, k=3),
    "neighbours.squared_distances": of(neighbours.squared_distances, Z, Z2),
    "neighbours.vote": of(neighbours.vote, Y.reshape(3, 4)),
    # pca
    "pca.PCA": lambda put: [
        fitted(put).encode(put(X2)),
        fitted(put).reconstruct(put(X2)),
        fitted(put).inverse_transform(fitted(put).transform(put(X2))),
    ],
    "pca.center": of(pca.center, X),
    "pca.components_needed": of(pca.components_needed, torch.tensor([0.6, 0.3, 0.1]), share=0.8),
    "pca.explained_variance_ratio": of(pca.explained_variance_ratio, Z - Z.mean(dim=0)),
    "pca.principal_angles": of(pca.principal_angles, normal(2, 6), normal(2, 6, seed=1)),
    "pca.principal_axes": of(pca.principal_axes, Z - Z.mean(dim=0), k=2),
    "pca.project": of(pca.project, Z, Z.mean(dim=0), torch.eye(4)[:2]),
    "pca.reconstruct": of(pca.reconstruct, Z[:, :2], Z.mean(dim=0), torch.eye(4)[:2]),
    # training
    "training.LiveView": lambda put: trained(put, callbacks=[training.LiveView(put(X2))]),
    "training.Validation": lambda put: trained(
        put, callbacks=[training.Validation(put(X2), patience=1)]
    ),
    "training.fit": trained,
    "training.fit_adversarial": trained_adversarial,
    "training.fit_prediction": trained_prediction,
    "training.fit_encoder": trained_encoder,
    "training.reconstruction_error": lambda put: training.reconstruction_error(
        encoder(put, (784, 4, 784)), put(X), 5
    ),
    "training.with_head": lambda put: [
        *trained_encoder(put, frozen=True),
        *trained_encoder(put, frozen=False),
    ],
    # plots
    "plots.alarms": lambda put: plots.alarms(
        [0, 1, 2], put(Z[:3, 0]), put(Z[:3, 1]), put(Z[:3, 0].abs()), 0.5, put(FLAGS[6:9]), "T"
    ),
    "plots.code_clouds": of(plots.code_clouds, Z[:, :2], Z[:, :2].abs(), Y),
    "plots.code_gallery": lambda put: plots.code_gallery(put(X), {"m": put((Z.tanh(), X))}, n=3),
    "plots.eigen_digits": of(plots.eigen_digits, torch.linalg.qr(X.T)[0].T, X[0], n=4),
    "plots.error_histogram": lambda put: plots.error_histogram({"a": put(SCORES)}),
    "plots.image_map": of(plots.image_map, Z[:, :2], X, Y, title="T", n=5),
    "plots.image_row": of(plots.image_row, X[:3], title="T"),
    "plots.latent_scatter": of(plots.latent_scatter, Z[:, :2], Y),
    "plots.lines": lambda put: plots.lines(
        put(torch.arange(3.0)), {"a": put(Z[:3, 0])}, "T", "x", "y"
    ),
    "plots.manifold": lambda put: plots.manifold(
        lambda z: z[:, :1].expand(-1, 784).to(put(X).device), side=3
    ),
    "plots.map_panels": lambda put: plots.map_panels(
        {"a": put(Z[:, :2]), "b": put(Z2[:, :2])}, put(Y), "T"
    ),
    "plots.neighbour_grid": lambda put: plots.neighbour_grid(
        put(X[:2]), put(Y[:2]), put(X), put(Y), {"p": put(torch.tensor([[3, 4], [5, 6]]))}, "T"
    ),
    "plots.reconstruction_grid": lambda put: plots.reconstruction_grid(
        {"x": put(X), "half": put(X / 2)}, n=4, labels=put(Y), error_against="x"
    ),
    "plots.sample_wall": lambda put: plots.sample_wall(
        {"a": put(X), "b": put(X[:5])}, columns=4, marks={"a": put(X)}
    ),
    "plots.score_maps": lambda put: plots.score_maps(
        put(Z[:, :2]), {"a": lambda z: (z - put(Z[0, :2]))[:, 0]}, "T"
    ),
    "plots.scree": of(plots.scree, torch.tensor([0.6, 0.3, 0.1])),
    "plots.subspace_angles": lambda put: plots.subspace_angles({"a": put(SCORES[:2])}),
    "plots.value_table": lambda put: plots.value_table(
        put(uniform(2, 2)), "ab", "cd", "T", "r", "c"
    ),
    "plots.vector_fields": lambda put: plots.vector_fields(
        put(Z[:, :2]), {"a": put(Z2[:, :2] / 9)}, put(Z[:, :2]), "T"
    ),
    "plots.word_map": lambda put: plots.word_map(
        put(Z[:4, :2]), {"a": ["x", "y"], "b": ["u", "v"]}, "T"
    ),
    # widgets
    "widgets.attribute_sliders": lambda put: widgets.attribute_sliders(
        lambda z: z @ put(W1), put(normal(5)), {"wide": put(normal(5, seed=1))}, put(X[0])
    ),
    "widgets.bottleneck_slider": lambda put: widgets.bottleneck_slider(
        {2: lambda x: x / 2 * put(X[:1]), 4: lambda x: x * put(X[:1])}, put(X)
    ),
    "widgets.compare_models": lambda put: widgets.compare_models(
        {"a": lambda x: x * put(X[:1]), "b": lambda x: x}, put(X), put(Y)
    ),
    "widgets.draw_digit": lambda put: widgets.draw_digit(
        lambda x: x @ put(W1.T), lambda z: z @ put(W1), put(X), put(Y)
    ),
    "widgets.embedding_map": lambda put: widgets.embedding_map(
        put(Z[:, :2]), put(X), put(Y), "T", codes=put(Z)
    ),
    "widgets.jacobian_viewer": lambda put: widgets.jacobian_viewer(
        lambda x: torch.tanh(x @ put(W1.T)), put(X)
    ),
    "widgets.latent_explorer": lambda put: [
        widgets.latent_explorer(lambda z, k=k: z @ put(W1[:k]), put(normal(12, k)), put(Y), put(X))
        for k in (2, 5)
    ],
    "widgets.noise_painter": lambda put: widgets.noise_painter(lambda x: x * put(X[:1]), put(X)),
    "widgets.reveal": lambda put: (
        widgets.predict("device", "How many?", 0, 9, guess=3),
        widgets.reveal("device", put(SCORES[0])),
    )[1],
    "widgets.threshold_slider": of(widgets.threshold_slider, SCORES, FLAGS),
}
