"""The packages of `aeutils`, and which of their public names need no test on a device."""

# What takes no tensor, holds what was made from tensors, or is the plumbing of other names here.
NO_TENSORS = {
    *("compression.JPEGResult", "compression.compression_factor", "compression.rate_at_error"),
    *("embeddings.ClassSimilarity", "embeddings.Paired", "embeddings.umap"),
    *("models.FlatAutoencoder", "models.ImageAutoencoder"),
    *("models.conv_size", "models.conv_transpose_size"),
    "neighbours.faiss_search",
    *("passport.Data", "passport.Passport", "passport.PassportRow"),
    *("passport.add_row", "passport.read_rows", "passport.show"),
    *("plots.learning_curves", "plots.panels"),
    *("training.Callback", "training.Checkpoint", "training.Comparison", "training.History"),
    *("training.ProgressBar", "training.Recipe", "training.RecipeRecorder", "training.Run"),
    *("training.TrainingDiverged", "training.Watch", "training.compare", "training.load_into"),
    *("training.progress", "training.save", "training.seed_everything"),
    "training.side_by_side",
    *("widgets.calibration", "widgets.checklist", "widgets.predict", "widgets.share_predictions"),
}
PACKAGES = (
    "anomalies", "compression", "corruption", "embeddings", "generation", "losses", "models",
    "neighbours", "pca", "plots", "training", "widgets",
)  # fmt: skip
