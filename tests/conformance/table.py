"""One harness per connector, and what a connector cannot meet by its nature, with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

HARNESSES: Final[Mapping[str, str]] = {
    "jira-cloud": "the project's sandbox, flavour cloud, behind the fault proxy",
    "jira-dc": "the project's sandbox, flavour dc, behind the fault proxy",
    "redmine": "a real Redmine 5.0.4, behind the fault proxy",
    "export": "a file items.jsonl in a folder of its own",
}
"""Connector → what it is proven on."""

_NO_TOKENS: Final = "its pages are found by their offset: no token of a page could expire or be missing"
_NO_LINE: Final = "a file is read at once: there are no pages, no answers that fail, and nobody to wait for"
_NO_ACCOUNT: Final = "a file has no account: no token, no rights, no projects that are closed or put away"
_OUR_WORDS: Final = "items.jsonl holds the PMO's own words, so there is nothing to map; a word that is none is an error"

_OF_TOKENS: Final = (
    "test_a_page_token_that_expires_begins_the_list_again",
    "test_a_page_without_the_token_of_the_next_is_made_good_or_told",
)
CANNOT: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "jira-dc": {_NO_TOKENS: _OF_TOKENS},
    "redmine": {_NO_TOKENS: _OF_TOKENS},
    "export": {
        _NO_LINE: (
            *_OF_TOKENS,
            "test_a_count_that_is_too_small_ends_no_list_early",
            "test_a_list_of_projects_that_cannot_be_read_makes_nothing_whole",
            "test_a_page_with_rows_left_out_is_made_good_or_told",
            "test_an_item_that_is_deleted_between_pages_hides_no_other",
            "test_an_item_that_is_made_between_pages_disturbs_no_other",
            "test_an_item_that_moves_in_the_order_between_pages_is_one_row",
            "test_pages_that_always_leave_out_rows_are_never_a_whole_snapshot",
            "test_pages_that_overlap_give_each_row_once",
            "test_rows_in_another_order_make_no_difference_or_are_told",
            "test_the_same_page_again_is_made_good_or_told",
            "test_a_429_without_a_time_is_waited_for_all_the_same",
            "test_a_change_that_is_made_and_whose_answer_is_lost_is_made_once",
            "test_a_change_that_is_turned_away_is_made_at_the_next_try",
            "test_a_change_that_never_gets_through_ends_as_failed",
            "test_a_redirect_is_never_followed",
            "test_a_request_carries_our_secret_in_its_header_only",
            "test_a_short_failure_costs_another_try_and_nothing_else",
            "test_a_snapshot_says_how_many_requests_it_took",
            "test_a_tracker_that_repeats_our_secret_is_not_quoted",
            "test_a_tracker_that_stops_answering_is_given_up_in_time",
            "test_a_wait_that_is_too_long_ends_the_run_at_once",
            "test_a_yes_that_did_nothing_is_never_called_written",
            "test_an_answer_that_hangs_meets_its_deadline",
            "test_an_answer_that_is_none_is_asked_for_again",
            "test_nobody_is_asked_before_the_time_that_was_told",
            "test_requests_and_writes_are_counted_as_the_tracker_counts_them",
        ),
        _NO_ACCOUNT: (
            "test_a_moment_is_the_same_in_every_time_zone_of_our_account",
            "test_a_person_is_an_account_that_the_words_of_people_lead_to",
            "test_a_probe_with_a_token_that_may_only_read_says_what_to_grant",
            "test_a_project_that_is_closed_is_never_written_to",
            "test_a_project_that_is_put_away_takes_nothing_else_along",
            "test_a_right_that_is_lost_after_the_plan_is_a_refusal_that_says_so",
            "test_a_right_that_is_lost_between_pages_is_no_short_list",
            "test_a_token_that_is_withdrawn_before_a_pull_blames_no_scope",
            "test_a_token_that_is_withdrawn_before_a_write_writes_nothing",
            "test_a_token_that_is_withdrawn_between_pages_is_no_short_list",
            "test_a_token_that_may_only_read_reads_and_is_refused_to_write",
            "test_a_wrong_token_is_no_access_and_never_an_empty_tracker",
            "test_no_secret_is_in_anything_that_is_said",
            "test_the_token_of_somebody_else_is_no_access",
        ),
        _OUR_WORDS: (
            "test_a_field_that_does_not_exist_is_named_with_the_nearest_that_does",
            "test_a_parent_that_is_not_read_is_known_to_be_there",
            "test_a_word_that_nothing_maps_is_unknown_and_counted",
        ),
    },
}
"""Connector → reason → the promises that it cannot meet for it."""


def cannot(kind: str) -> tuple[str, ...]:
    """The promises that a connector cannot meet."""
    return tuple(name for names in CANNOT.get(kind, {}).values() for name in names)
