"""The passport: every number against its own computation, the table, and the file."""

import dataclasses
import json
import math
import types

import pytest
import torch

from aeutils import passport
from aeutils.embeddings import class_similarity, knn_accuracy, pair_auc
from aeutils.embeddings.passport import PassportRow, add_row, baselines, measure, read_rows, show


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    folder = tmp_path / "week01_pca"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)


@pytest.fixture
def data():
    """Three classes of 1 × 6 × 6 images: a bright spot at a place of its own, plus noise."""
    generator = torch.Generator().manual_seed(0)

    def draw(n):
        y = torch.arange(n) % 3
        x = 0.5 * torch.rand(n, 1, 6, 6, generator=generator)
        x[torch.arange(n), 0, y, y] += 0.4
        return x, y

    (x_train, y_train), (x_test, y_test) = draw(90), draw(60)
    return types.SimpleNamespace(x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)


def row(name="PCA-32", sse=13.3, knn=0.9, **changes):
    values = {
        "data": "mnist (small)",
        "code_size": 32,
        "ratio_raw": 1.3,
        "ratio_centred": 1.3,
        "pair_auc": 0.8,
    }
    return PassportRow(name=name, test_sse=sse, knn5=knn, **(values | changes))


def test_each_number_is_what_its_function_says(data):
    def encode(x):
        return x.flatten(1)[:, :7]

    found = measure(encode, data, "seven", decode=lambda z: torch.zeros(len(z), 1, 6, 6))
    z, z_train = encode(data.x_test), encode(data.x_train)
    sse = float(data.x_test.double().square().sum() / 60)
    assert found.test_sse == pytest.approx(sse, rel=1e-12)
    assert found == PassportRow(
        name="seven",
        data="90 + 60 images",
        code_size=7,
        test_sse=found.test_sse,
        knn5=knn_accuracy(z_train, data.y_train, z, data.y_test, k=5),
        ratio_raw=class_similarity(z, data.y_test).mean_ratio,
        ratio_centred=class_similarity(z, data.y_test, centre=True).mean_ratio,
        pair_auc=pair_auc(z, data.y_test),
    )


def test_batches_change_nothing(data, monkeypatch):
    def run():
        return measure(lambda x: x.flatten(1), data, "x", decode=lambda z: 0.5 * z)

    whole = run()
    monkeypatch.setattr(passport, "BATCH", 7)
    parts = run()
    assert dataclasses.replace(parts, test_sse=0.0) == dataclasses.replace(whole, test_sse=0.0)
    assert parts.test_sse == pytest.approx(whole.test_sse, rel=1e-12)


def test_a_model_is_encoded_without_gradients(data):
    layer = torch.nn.Linear(36, 4)
    seen = []
    measure(lambda x: seen.append(layer(x.flatten(1))) or seen[-1], data, "linear")
    assert not any(z.requires_grad for z in seen)
    assert measure(lambda x: x.flatten(1), data, "raw").test_sse is None


def test_baselines_search_the_neighbours_of_raw_pixels_once(data, monkeypatch):
    widths, search = [], passport.nearest_neighbours

    def spied(z_train, z_test, *, leave_one_out):
        widths.append(z_test.shape[1])
        return search(z_train, z_test, leave_one_out=leave_one_out)

    monkeypatch.setattr(passport, "nearest_neighbours", spied)
    raw, _, shuffled = baselines(data)
    assert sorted(widths) == [32, 36]
    assert raw == measure(lambda x: x.flatten(1), data, "raw pixels", trained="not trained")
    order = torch.Generator().manual_seed(0)
    y_train = data.y_train[torch.randperm(90, generator=order)]
    y_test = data.y_test[torch.randperm(60, generator=order)]
    pixels = data.x_train.flatten(1), data.x_test.flatten(1)
    assert shuffled.knn5 == knn_accuracy(pixels[0], y_train, pixels[1], y_test)


def test_baselines_are_repeatable_and_leave_the_random_state_alone(data):
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    rows = baselines(data)
    assert torch.equal(torch.rand(3), expected)
    assert baselines(data) == rows
    raw, untrained, shuffled = rows
    assert [r.name for r in rows] == ["raw pixels", "untrained network", "shuffled labels"]
    assert [r.code_size for r in rows] == [36, 32, 36]
    assert raw.knn5 > 0.8
    assert raw.pair_auc > 0.55
    assert raw.ratio_centred > 1.1 > shuffled.ratio_centred
    assert shuffled.pair_auc == pytest.approx(0.5, abs=0.05)
    assert shuffled.knn5 < 0.6
    assert untrained.ratio_centred > untrained.ratio_raw


@pytest.mark.parametrize(
    ("encode", "decode", "error", "message"),
    [
        (lambda x: x, None, TypeError, r"\(90, 1, 6, 6\).*returned a tensor of shape"),
        (lambda x: x.flatten(1).long(), None, TypeError, "float tensor.*int64"),
        (lambda x: x.flatten(1)[:3], None, ValueError, r"one code per image.*\(3, 36\)"),
        (lambda x: x.flatten(1)[:, :0], None, ValueError, r"\(90, 0\)"),
        (lambda x: x.flatten(1)[:, : len(x) // 3], None, ValueError, "30 numbers.*20 from"),
        (
            lambda x: x.flatten(1) / 0,
            None,
            ValueError,
            r"encode returned \d+ NaN or infinite values among 3240, given .*\(90, 1, 6, 6\)",
        ),
        (
            lambda x: x.flatten(1),
            lambda z: torch.where(z > 0.7, torch.nan, z),
            ValueError,
            r"decode returned \d+ NaN or infinite values among 2160, given .*\(60, 36\)",
        ),
        (lambda x: x.flatten(1), lambda z: 1 / (0 * z), ValueError, "decode returned 2160 NaN"),
        (lambda x: x.flatten(1), lambda z: z.sum(), ValueError, r"decode must.* shape \(\)"),
        (lambda x: x.flatten(1), lambda z: z[:, :9], ValueError, r"\(60, 1, 6, 6\) or \(60, 36\)"),
        (lambda x: x.flatten(1), lambda z: z.T, ValueError, r"returned a tensor of shape \(36, 60"),
    ],
)
def test_a_wrong_encoder_or_decoder_is_told_with_shapes(data, encode, decode, error, message):
    with pytest.raises(error, match=message):
        measure(encode, data, "wrong", decode=decode)


def test_flat_data_and_an_empty_name_are_refused(data):
    with pytest.raises(ValueError, match="name"):
        measure(lambda x: x.flatten(1), data, " ")
    data.x_train = data.x_train.flatten(1)
    with pytest.raises(ValueError, match=r"x_train must have shape \(N, C, H, W\)"):
        measure(lambda x: x, data, "flat")


def test_the_table_marks_the_best_in_bold_and_with_a_star():
    rows = [
        row("raw <b>", None, 0.94),
        row("PCA", 13.3, 0.96),
        row("AE", 9.1, 0.9604, pair_auc=0.7),
    ]
    table = show(rows)
    markup, text = table._repr_html_(), repr(table)
    assert "raw &lt;b&gt;" in markup
    assert "raw <b>" not in markup
    assert "<strong>★ 9.10</strong>" in markup
    assert "★ 13.3" not in markup
    assert markup.count("<strong>★ 0.960</strong>") == 2  # equal as written: equally good
    assert markup.count("★ 0.800") == 2
    assert markup.count('scope="row"') == 3
    assert markup.count('scope="col"') == 8
    assert "<td" in markup
    assert "★ 32" not in markup
    assert "–" in markup
    assert "★ 9.10" in text
    assert len(text.splitlines()) == 5
    assert len({len(line) for line in text.splitlines()[:4]}) == 1


def test_rows_of_other_data_are_no_rivals():
    rows = [row("PCA", 13.3), row("AE", 9.1), row("PCA", 12.9, data="mnist (full)")]
    rows += [row("AE", 5.1, data="mnist (full)"), row("PCA", 20.0, data="fashion_mnist (small)")]
    markup = show(rows)._repr_html_()
    assert "★ 9.10" in markup
    assert "★ 5.10" in markup
    assert "★ 20.00" not in markup
    assert markup.count("★ 0.800") == 4  # equally good where there are two
    assert markup.count(">mnist (full)</td>") == 2
    assert repr(show(rows)).count("mnist (full)") == 2


def test_a_row_notes_its_data(data):
    data.name, data.size = "mnist", "small"
    assert measure(lambda x: x.flatten(1), data, "x").data == "mnist (small)"
    assert {r.data for r in baselines(data)} == {"mnist (small)"}
    del data.size
    assert measure(lambda x: x.flatten(1), data, "x").data == "mnist"


def test_a_lonely_row_is_not_the_best():
    assert "★ 0" not in show([row()])._repr_html_()


def test_show_takes_rows_only():
    with pytest.raises(TypeError, match="PassportRow"):
        show(["PCA"])


def test_rows_are_kept_and_replaced_by_name_and_data(tmp_path):
    full = row("a", knn=0.7, data="mnist (full)")
    for added in (row("a"), row("b", None), full, row("a", knn=0.5)):
        add_row(added)
    assert read_rows() == [row("a", knn=0.5), row("b", None), full]
    assert [p.name for p in tmp_path.glob("*/*")] == ["passport.json"]  # no temporary file stays


def test_rows_of_the_other_weeks_are_found(tmp_path):
    other = tmp_path / "week02_mlp"
    other.mkdir()
    add_row(row("second week"), other / "passport.json")
    add_row(row("shared", knn=0.1), other / "passport.json")
    add_row(row("shared", data="mnist (full)"), other / "passport.json")
    add_row(row("shared"))
    assert row("shared", data="mnist (full)") in read_rows()
    read = [r for r in read_rows() if r.data == "mnist (small)"]
    assert {r.name: r.knn5 for r in read} == {"second week": 0.9, "shared": 0.9}
    (other / "passport.json").write_text("{")
    assert read_rows() == [row("shared")]


KEY = "a on mnist (small)"


def test_the_key_of_a_row_in_the_file():
    add_row(row("a"))
    with open("passport.json", encoding="utf-8") as file:
        assert list(json.load(file)) == [KEY]


@pytest.mark.parametrize(
    "damage",
    [
        "{",
        "[]",
        "",
        '{"a": 1}',
        '{"a": {"name": "a"}}',
        "[" * 100_000,
        b"\xff\xfe\x00",
        json.dumps({KEY: dataclasses.asdict(row("b"))}),
        json.dumps({"a": dataclasses.asdict(row("a"))}),
        json.dumps({KEY: dataclasses.asdict(row("a")) | {"data": None}}),
        json.dumps({KEY: dataclasses.asdict(row("a")) | {"knn5": "high"}}),
        json.dumps({KEY: dataclasses.asdict(row("a")) | {"knn5": math.nan}}),
        json.dumps({KEY: dataclasses.asdict(row("a")) | {"knn5": 10**400}}),
    ],
)
def test_a_damaged_file_is_kept_aside(damage, tmp_path, capsys):
    file = tmp_path / "week01_pca" / "passport.json"
    raw = damage if isinstance(damage, bytes) else damage.encode()
    file.write_bytes(raw)
    assert read_rows() == []
    add_row(row())
    assert read_rows() == [row()]
    assert file.with_name("passport.json.bak").read_bytes() == raw
    out, err = capsys.readouterr()
    assert "passport.json.bak" in out
    assert err == ""


def test_a_second_damaged_file_does_not_replace_the_first(tmp_path):
    file = tmp_path / "week01_pca" / "passport.json"
    for text in ("one", "two"):
        file.write_text(text)
        add_row(row())
    kept = {p.read_text() for p in file.parent.glob("*.bak")}
    assert kept == {"one", "two"}


def test_where_nothing_can_be_written_there_is_a_note(capsys, tmp_path):
    add_row(row(), tmp_path / "nowhere" / "passport.json")
    out, err = capsys.readouterr()
    assert "cannot be written" in out
    assert err == ""


def test_nothing_is_read_or_written_while_nbgrader_executes(monkeypatch, tmp_path, capsys):
    file = tmp_path / "week01_pca" / "passport.json"
    file.write_text("damaged")
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    add_row(row())
    assert file.read_text() == "damaged"
    assert list(file.parent.iterdir()) == [file]
    assert capsys.readouterr() == ("", "")


def test_a_failed_replacement_leaves_the_old_file_whole(monkeypatch, tmp_path, capsys):
    add_row(row("old"))

    def fail(*_):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", fail)
        add_row(row("new"))
    assert "Permission denied" in capsys.readouterr().out
    assert read_rows() == [row("old")]
    assert [p.name for p in (tmp_path / "week01_pca").iterdir()] == ["passport.json"]


def test_add_row_takes_a_row_only():
    with pytest.raises(TypeError, match="row"):
        add_row({"name": "a"})


# --- what week 6 adds ----------------------------------------------------------------------------


def test_more_measures_are_what_their_functions_say(data):
    from aeutils.embeddings import neighbourhoods, probes, retrieval, silhouettes

    def encode(x):
        return x.flatten(1)[:, :7]

    found = measure(encode, data, "seven", more=True)
    plain = measure(encode, data, "seven")
    z, z_train, pixels = encode(data.x_test), encode(data.x_train), data.x_test.flatten(1)
    assert found == dataclasses.replace(
        plain,
        probe=probes.linear_probe(z_train, data.y_train, z, data.y_test),
        retrieval_map=retrieval.mean_average_precision(z, data.y_test),
        silhouette=silhouettes.silhouette(z, data.y_test),
        trustworthiness=neighbourhoods.trustworthiness(pixels, z),
        overlap=neighbourhoods.neighbour_overlap(pixels, z, 10),
        hubness=neighbourhoods.hubness(z, 10),
    )
    assert plain.probe is None


def test_baselines_with_more_keep_what_needs_no_label(data):
    raw, untrained, shuffled = baselines(data, more=True)
    pixels = measure(lambda x: x.flatten(1), data, "raw pixels", more=True, trained="not trained")
    assert raw == pixels
    assert untrained.probe is not None
    assert (shuffled.trustworthiness, shuffled.hubness) == (raw.trustworthiness, raw.hubness)
    assert shuffled.retrieval_map < raw.retrieval_map
    assert [dataclasses.replace(r, probe=None).name for r in baselines(data)] == [
        r.name for r in (raw, untrained, shuffled)
    ]


def test_more_is_kept_and_shown_on_request(data):
    found = measure(lambda x: x.flatten(1), data, "raw", more=True)
    add_row(found)
    assert read_rows() == [found]
    plain, wide = show([found, row("old", data=found.data)]), show([found], more=True)
    assert "silhouette" not in repr(plain)
    assert f"{found.silhouette:.3f}" in repr(wide)
    assert "–" in show([row("old")], more=True)._repr_html_()


def test_a_passport_from_before_week_6_is_read(tmp_path):
    old = {k: v for k, v in dataclasses.asdict(row("a")).items() if v is not None}
    (tmp_path / "week01_pca" / "passport.json").write_text(json.dumps({KEY: old}))
    assert read_rows() == [row("a")]
