"""What every version was made of, how it was judged and who put it to use is told at the terminal as on the page."""

from __future__ import annotations

from models import writing
from moderation import learning
from moderation.learning import champion
from moderation.spam import gate
from tests.learned import WORDS, House


def told(home: House) -> str:
    result = home.app.test_cli_runner().invoke(args=["spam", "versions"])
    assert result.exit_code == 0, result.output
    return str(result.output)


def test_the_terminal_tells_data_figures_and_whose_doing_of_every_version(taught: House) -> None:
    root = taught.employs("root")
    attempt = learning.learn(taught.now, by=root)
    learning.roll_back(taught.now, root)
    home = taught.app.test_cli_runner()
    assert home.invoke(args=["spam", "promote", attempt.version]).exit_code == 0
    lines = told(taught).splitlines()
    head = next(at for at, line in enumerate(lines) if line.startswith(attempt.version))
    assert lines[head].endswith("24 ham, 24 spam          in use")
    story = "\n".join(lines[head:])
    digest = champion.told_of(champion.everything())["sha256"]
    assert f"labels {digest[:16]}, judged by 24 decisions against base-" in story
    for name in gate.MEASURES:
        better = attempt.judgement.better_by[name]
        assert better is not None
        assert (
            f"{name}: {attempt.judgement.champion[name]:.4f} → {attempt.judgement.challenger[name]:.4f}"
            in story
        )
        assert f"better by {better[1]:+.4f} ({better[0]:+.4f} to {better[2]:+.4f})" in story
    assert story.index("promoted by the gate, asked for by root") < story.index("rolled back by root")
    assert story.index("rolled back by root") < story.index("promoted on the command line")


def test_the_terminal_names_a_refused_version_with_its_reasons_and_a_withdrawn_one(taught: House) -> None:
    first = learning.learn(taught.now)
    max_ = learning.known.everything().people[0]
    lines = [f"A line about nothing much, the {word} of some" for word in WORDS[:20]]
    taught.teaches(int(max_), lines[::2], lines[1::2])
    second = learning.learn(taught.now)
    assert second.judgement.reasons
    with writing():
        learning.forget([taught.comment(1).id], taught.now)
    output = told(taught)
    assert f"Refused: {second.judgement.reasons[0]}" in output
    told_lines = output.splitlines()
    assert next(line for line in told_lines if line.startswith(first.version)).endswith("withdrawn")
    assert next(line for line in told_lines if line.startswith(second.version)).endswith("refused")
    assert "withdrawn: it had learned from a comment that was erased since" in output
