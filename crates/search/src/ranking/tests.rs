use uuid::Uuid;

use super::*;
use crate::{Change, Document, Index, lookups::Unit, ranking::places::WINDOW};

/// One window, and half of another.
const DOCUMENTS: u32 = WINDOW / 2 * 3;

/// The words of documents. One of so many documents has each, in no order.
const WORDS: [(&str, u32); 3] = [("common", 2), ("usual", 3), ("rare", 47)];

fn has(number: u32, word: &str) -> bool {
    let (_, one_of) = WORDS.into_iter().find(|(known, _)| *known == word).unwrap();
    // Knuth's multiplicative hash.
    (number.wrapping_mul(2_654_435_761) >> 16).is_multiple_of(one_of)
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let (index, mut writer) = Index::in_memory().unwrap();
    let documents = (0..DOCUMENTS).map(|number| {
        let words = WORDS.map(|(word, _)| if has(number, word) { word } else { "" });
        let id = Uuid::from_u128(number.into());
        let content = words.join(" ");
        Change::Put(Box::new(Document { id, content, ..Document::default() }))
    });
    writer.apply(documents).unwrap();
    writer.commit("1").unwrap();
    index
});

/// Asks for words, the rest of which are optional.
fn group(required: &[&str], optional: &[&str]) -> Group {
    let unit = |word: &&str, is_required| {
        let lookups = vec![Lookup::word(word, 100)];
        Unit { lookups, is_required, is_in_phrase: false, weight: 100, prefix: None }
    };
    let required = required.iter().map(|word| unit(word, true));
    Group {
        units: required.chain(optional.iter().map(|word| unit(word, false))).collect(),
        excluded: Vec::new(),
        phrases: Vec::new(),
        excluded_phrases: Vec::new(),
        title: None,
    }
}

const ALL: Ranking =
    Ranking { matches: Match::All, keep: DOCUMENTS as usize, after: None, on_two_threads: false };

/// Returns the numbers of the documents of hits with each score, both ascending.
fn numbers(top: Top) -> Vec<Vec<u128>> {
    let mut hits: Vec<_> =
        top.into_hits().into_iter().map(|hit| (hit.score, hit.id.as_u128())).collect();
    hits.sort_unstable();
    let of_score = hits.chunk_by(|a, b| a.0 == b.0);
    of_score.map(|hits| hits.iter().map(|(_, number)| *number).collect()).collect()
}

/// Returns the numbers of the documents that have all of the words.
fn with(words: &[&str]) -> Vec<u128> {
    let numbers = (0..DOCUMENTS).filter(|number| words.iter().all(|word| has(*number, word)));
    numbers.map(u128::from).collect()
}

#[test]
fn documents_with_all_words_are_found_in_every_window_however_many_have_one() {
    let rank = |required: &[&str], optional: &[&str]| {
        let groups = [group(required, optional)];
        numbers(ALL.rank(&INDEX.snapshot(), &groups, &Filters::default()).unwrap())
    };
    for words in [["common", "usual"], ["common", "rare"], ["rare", "usual"]] {
        assert_eq!(rank(&words, &[]), [with(&words)], "{words:?}");
    }
    let both = with(&["common", "usual"]);
    let without = with(&["common"]).into_iter().filter(|number| !both.contains(number)).collect();
    assert_eq!(rank(&["common"], &["usual"]), [without, both]);
}

#[test]
fn it_makes_no_difference_which_thread_ranks_a_piece() {
    let snapshot = INDEX.snapshot();
    let groups = [group(&["common", "usual"], &[])];
    let either = [group(&["usual"], &[]), group(&["rare"], &[])];
    for groups in [groups.as_slice(), &either] {
        let filters = Filters::default();
        let top_of = |is_taken: &dyn Fn(usize) -> bool| {
            let mut top = Top::new(40, None, CHECKED);
            for (number, segment) in snapshot.segments.iter().enumerate() {
                let pieces = Pieces::new(&snapshot, 6);
                let ranges = pieces.of_segment(number).enumerate();
                let ranges = ranges.filter(|(at, _)| is_taken(*at)).map(|(_, range)| range);
                let window = &mut Window::default();
                ALL.rank_ranges(segment, ranges, groups, &filters, window, &mut top).unwrap();
            }
            top
        };
        let all = top_of(&|_| true);
        let (total, hits) = (all.total(), all.into_hits());
        let splits: [&dyn Fn(usize) -> bool; 3] = [&|at| at % 2 == 0, &|at| at < 1, &|at| at < 6];
        for first in splits {
            let mut top = top_of(first);
            top.merge(top_of(&|at| !first(at)));
            assert_eq!((top.total(), top.into_hits()), (total, hits.clone()));
        }
    }
}
