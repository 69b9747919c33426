"""What a reader must not conclude from a run, in whole sentences that follow from the run itself.

The notes on the design that the run froze are printed beside the quality table, not repeated here.
"""

from __future__ import annotations

from survey.query.results import RunResults
from survey.report.language import Language
from survey.text import N_


def limits(results: RunResults, language: Language) -> tuple[str, ...]:
    """Return the limits of a run, the gravest first."""
    found = [
        *_synthetic(results, language),
        *_experimental(results, language),
        *_definitions(results, language),
        *_weights(results, language),
        *_left_out(results, language),
        language.text(
            N_(
                "The intervals (95%) express sampling error only; errors of memory and understanding, and people's not "
                "knowing of services opened in their name, are not in them."
            )
        ),
    ]
    return tuple(found)


def _synthetic(results: RunResults, language: Language) -> list[str]:
    if not results.head.is_synthetic:
        return []
    return [
        language.text(
            N_("All data of this round are synthetic: they were made to try the system and describe no real place.")
        )
    ]


def _experimental(results: RunResults, language: Language) -> list[str]:
    codes = [i.code for i in results.indicators if i.experimental]
    if not codes:
        return []
    return [
        language.text(
            N_(
                "{codes} are experimental estimates from the enterprise questionnaire, without government, most of "
                "agriculture and informal units; they are never used to conclude whether a target is met."
            ),
            codes=language.series(codes),
        )
    ]


def _definitions(results: RunResults, language: Language) -> list[str]:
    """Return one sentence on definitions that are not official, by how firm they are."""
    proposed = [i.code for i in results.indicators if i.definition == "proposed"]
    partial = [i.code for i in results.indicators if i.definition == "partial"]
    if proposed and partial:
        text = N_(
            "No official definition was found for {proposed}, and only in part for {partial}; what is missing is "
            "proposed by the survey and printed in annex III."
        )
    elif proposed or partial:
        text = N_("The definitions of {codes} are proposed by the survey in whole or in part; see annex III.")
    else:
        return []
    return [
        language.text(
            text,
            proposed=language.series(proposed),
            partial=language.series(partial),
            codes=language.series(proposed or partial),
        )
    ]


def _weights(results: RunResults, language: Language) -> list[str]:
    if results.quality.calibrated:
        return []
    return [
        language.text(
            N_(
                "The weights are not calibrated to known totals of population and enterprises, because none released "
                "by the statistics office have been entered."
            )
        )
    ]


def _left_out(results: RunResults, language: Language) -> list[str]:
    number = sum(results.quality.excluded.values())
    if not number:
        return []
    return [
        language.text(
            N_("Questionnaires received but not approved when the data were frozen are not used; their number is {n}."),
            n=language.number(number),
        )
    ]
