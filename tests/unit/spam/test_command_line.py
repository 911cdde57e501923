"""`flask spam …` as root uses it."""

import json
import os
from dataclasses import replace

import pytest
from click.testing import CliRunner

from moderation.cli.spam import spam
from moderation.spam import BadArtefact, Candidate, Classifier, base, comparison, figures
from moderation.spam.fitting import Settings
from moderation.spam.learners import learners
from tests.unit.spam.conftest import labelled, written


@pytest.fixture
def run():
    return lambda *words, **options: CliRunner().invoke(spam, words, **options)


def test_root_trains_from_a_directory(run, data, tmp_path):
    out = tmp_path / "own.npz"
    result = run("train", str(data), "--out", str(out), "--without-written")
    assert result.exit_code == 0, result.output
    judge = Classifier.from_bytes(out.read_bytes())
    card = json.loads(out.with_suffix(".json").read_text())
    assert card["version"] == judge.version
    assert sum(counts["spam"] for counts in card["data"].values()) == 80
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "own.json", "own.npz"]


def test_nothing_is_written_from_bad_data(run, data, tmp_path):
    (data / "eve.csv.gz").write_bytes(b"not packed")
    result = run("train", str(data), "--out", str(tmp_path / "own.npz"))
    assert result.exit_code == 1
    assert "eve.csv.gz, line 1: it cannot be unpacked" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_comments_are_scored_line_by_line_in_order(run):
    lines = [
        {
            "text": "Cheap pills and casino bonus at http://pills-casino.example",
            "author": "cheap pills",
            "url": None,
        },
        {"text": "The lamps are still dark.", "author": "Ada", "article": "Lamps"},
    ]
    result = run("score", input="".join(json.dumps(line) + "\n" for line in lines))
    answers = [json.loads(line) for line in result.output.splitlines()]
    assert result.exit_code == 0
    assert [set(answer) for answer in answers] == [{"score", "verdict", "reasons"}] * 2
    assert answers[0]["verdict"] in ("hold", "spam")
    assert answers[0]["reasons"]
    assert answers[1]["verdict"] == "approve"
    assert answers[1]["reasons"] == []
    candidate = Candidate(lines[1]["text"], "Ada", None, "Lamps")
    assert answers[1]["score"] == pytest.approx(base().score(candidate).probability, abs=1e-6)


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        "[]",
        "{}",
        '{"text": 1}',
        f'{{"text": {"9" * 5000}}}',
        '{"text": "x", "url": []}',
        "[" * 100_000,
        "\ud83d".encode("utf-8", "replace"),
    ],
)
def test_a_malformed_line_is_answered_on_its_line(run, line):
    line = line if isinstance(line, bytes) else line.encode()
    result = run("score", input=b'{"text": "one"}\n' + line + b'\n{"text": "two"}\n')
    answers = [json.loads(each) for each in result.output.splitlines()]
    assert ["error" in answer for answer in answers] == [False, True, False]
    assert result.exit_code == 1


@pytest.mark.parametrize("line", [b'\xef\xbb\xbf{"text": "a"}', b'{"text": "a", "id": %s}' % (b"9" * 5000)])
def test_a_mark_before_and_a_number_beside_the_text_do_no_harm(run, line):
    result = run("score", input=line + b"\n")
    assert result.exit_code == 0
    assert "score" in json.loads(result.output)


def test_too_little_to_compare_is_said_plainly(run, tmp_path):
    written(tmp_path / "a.csv.gz", labelled(2))
    for command in ("compare", "evaluate", "robustness", "train"):
        out = ("--out", str(tmp_path / "out.npz")) if command == "train" else ()
        result = run(command, str(tmp_path), "--without-written", *out)
        assert result.exit_code == 1
        assert "Error: T" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv.gz"]


def test_a_terminal_is_told_what_cannot_be_written(run):
    result = run("explain", input='{"text": "casino \\ud800x \\u001b[2J"}\n')
    assert result.exit_code == 0
    assert "\x1b" not in result.output


def test_a_lone_surrogate_in_json_is_only_a_strange_letter(run):
    result = run("score", input='{"text": "\\ud800 hello"}\n')
    assert result.exit_code == 0
    assert "score" in json.loads(result.output)


def test_root_sees_why(run):
    result = run(
        "explain",
        "--text",
        "Great post! Win a casino bonus at http://casino.example",
        "--author",
        "casino bonus",
    )
    assert result.exit_code == 0
    assert "in all" in result.output
    assert "casino" in result.output
    shown = [line for line in result.output.splitlines() if "│" in line]
    added = sum(float(line.split("│")[1].replace("█", "").split()[0]) for line in shown)
    total = float(next(line for line in result.output.splitlines() if "in all" in line).split()[0])
    assert added == pytest.approx(total, abs=0.0006 * len(shown))


def test_why_can_be_asked_of_a_line_too(run):
    assert run("explain", input='{"text": "hello"}\n').exit_code == 0
    assert run("explain", input="nonsense\n").exit_code == 1


def test_a_foreign_artefact_is_refused():
    with pytest.raises(BadArtefact):
        Classifier.from_bytes(b"mallory was here")


def test_root_can_ask_for_figures_without_writing_anything(run, data):
    result = run("evaluate", str(data), "--without-written")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["figures"]["auc"] > 0.9
    assert all(path.name.endswith(".csv.gz") for path in data.iterdir())


def test_the_report_is_one_page_that_loads_nothing(run, data, tmp_path):
    rows = labelled(40, seed=2)
    marked = [
        replace(row, candidate=Candidate(f"<script>eve()</script> {row.candidate.text}")) for row in rows
    ]
    written(data / "blog_c.csv.gz", [replace(row, source="blog_c") for row in marked])
    page = tmp_path / "report.html"
    result = run("evaluate", str(data), "--report", str(page), "--without-written")
    assert result.exit_code == 0, result.output
    text = page.read_text()
    assert "By language" in text
    assert "Spam, yet lowest" in text
    assert "<script" not in text
    assert "http" not in text.replace("https://lucky-bonus.example", "")


A_FEW = ("as shipped", "without the written comments", "reference H+, C = 10", "complement naive Bayes")
"""One of each make; all of them take half a minute, which `make drills` has."""


def test_other_learners_are_compared_on_the_same_rows(run, data, monkeypatch):
    every = learners(Settings())
    compared = (
        every if os.environ.get("GATEPOST_TEST_EVERYTHING_TWICE") else {name: every[name] for name in A_FEW}
    )
    monkeypatch.setattr(comparison, "learners", lambda _settings: compared)
    monkeypatch.setattr(figures, "RESAMPLES", 10)
    result = run("compare", str(data), "--without-written")
    assert result.exit_code == 0, result.output
    lines = [line for line in result.stdout.splitlines() if line.startswith("| ")]
    names = [line.split(" | ")[0].removeprefix("| ") for line in lines[1:]]
    assert names[0] == "as shipped"
    assert set(names) == set(compared)
    assert lines[1].count("+0.000 (+0.000 to +0.000)") == 2


def test_root_sees_how_disguised_spam_and_unusual_comments_fare(run, data):
    result = run("robustness", str(data), "--count", "20", "--without-written")
    assert result.exit_code == 0, result.output
    assert "| zero-width spaces | 20 |" in result.stdout
    assert "| grief in capitals | 14 | 0 |" in result.stdout
