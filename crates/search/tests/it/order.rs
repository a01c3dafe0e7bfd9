//! The order of hits.

use search::{Change, Document, Popularity, Request};
use uuid::Uuid;

use super::support::{ids, index_of, keyword, put, titled};

#[test]
fn titles_come_before_tags_descriptions_and_contents() {
    let (index, _writer) = index_of([
        Document { content: "about sailing".into(), ..titled(1, "One") },
        Document { description: "about sailing".into(), ..titled(2, "Two") },
        Document { tags: vec!["sailing".into()], ..titled(3, "Three") },
        titled(4, "Learn sailing today"),
        titled(5, "Sailing"),
    ]);
    assert_eq!(ids(&index, &keyword("sailing")), [5, 4, 3, 2, 1]);
}

#[test]
fn exact_words_come_before_inflected_and_misspelt_ones() {
    let (index, _writer) = index_of([
        titled(1, "Writer of letters"),
        titled(2, "Writes letters well"),
        titled(3, "Writing letters well"),
        titled(4, "Café in Paris"),
        titled(5, "Cafe in Paris"),
    ]);
    assert_eq!(ids(&index, &keyword("writing "))[0], 3);
    assert_eq!(ids(&index, &keyword("café"))[0], 4);
    assert_eq!(ids(&index, &keyword("cafe")).len(), 2);
    assert_eq!(ids(&index, &keyword("lettres")).len(), 3);
}

#[test]
fn a_word_in_a_content_comes_before_another_spelling_in_a_title() {
    let (index, _writer) = index_of([
        titled(1, "Code"),
        Document { content: "Lists each node of a graph".into(), ..titled(2, "Graphs in general") },
    ]);
    assert_eq!(ids(&index, &keyword("node ")), [2, 1]);
}

#[test]
fn documents_with_all_words_come_before_those_with_most() {
    let (index, _writer) = index_of([
        Document { content: "green apples and pears".into(), ..titled(1, "One") },
        titled(2, "Green apples"),
    ]);
    assert_eq!(ids(&index, &keyword("green apples pears")), [1, 2]);
    let all = Request { needs_all_words: true, ..keyword("green apples pears") };
    assert_eq!(ids(&index, &all), [1]);
}

#[test]
fn likes_and_ratings_double_a_score_at_most() {
    let liked = Popularity { weighted_rating: 5.0, likes: 1_000_000, average_rating: 5.0 };
    let (index, _writer) = index_of([
        Document { content: "sailing".into(), popularity: liked, ..titled(1, "One") },
        titled(2, "Sailing boats"),
        Document { popularity: liked, ..titled(3, "Boats, sailing") },
    ]);
    assert_eq!(ids(&index, &keyword("sailing")), [3, 2, 1]);
}

#[test]
fn only_a_few_words_of_a_search_are_corrected() {
    let (index, _writer) = index_of([titled(1, "Harbour")]);
    let unknown = ["qqqqqqqq", "wwwwwwww", "kkkkkkkk", "jjjjjjjj", "zzzzzzzz"];
    let found = |words: usize| {
        ids(&index, &keyword(&format!("{} or harbuor", unknown[..words].join(" or "))))
    };
    assert_eq!(found(4), [1]);
    assert_eq!(found(5), [0; 0]);
}

#[test]
fn pages_by_cursor_over_ties_neither_repeat_nor_miss() {
    let (index, _writer) = index_of((1..=50).map(|id| titled(id, "The same title")));
    let all = ids(&index, &keyword("same"));
    assert_eq!(all, (1..=50).rev().collect::<Vec<_>>());
    let (mut paged, mut request) = (Vec::new(), Request { limit: 7, ..keyword("same") });
    loop {
        let found = index.search(&request).unwrap();
        assert_eq!(found.total, 50);
        let Some(last) = found.hits.last() else { break };
        paged.extend(found.hits.iter().map(|hit| hit.id.as_u128()));
        request.after = Some(*last);
    }
    assert_eq!(paged, all);
    let by_offset = Request { limit: 7, offset: 14, ..keyword("same") };
    assert_eq!(ids(&index, &by_offset), all[14..21]);
}

#[test]
fn a_page_says_whether_more_hits_follow() {
    let (index, _writer) = index_of((1..=5).map(|id| titled(id, "The same title")));
    let found = |request: Request| index.search(&request).unwrap();
    for (limit, offset, more) in
        [(4, 0, true), (5, 0, false), (9, 0, false), (2, 2, true), (2, 3, false), (2, 9, false)]
    {
        let found = found(Request { limit, offset, ..keyword("same") });
        assert_eq!((found.total, found.has_more), (5, more), "{limit} from {offset}");
        assert_eq!(found.hits.len(), limit.min(5_usize.saturating_sub(offset)));
    }
    let first = found(Request { limit: 2, ..keyword("same") });
    let after = first.hits.last().copied();
    assert!(found(Request { limit: 2, after, ..keyword("same") }).has_more);
    assert!(!found(Request { limit: 3, after, ..keyword("same") }).has_more);
}

#[test]
fn no_page_comes_after_ten_thousand_hits() {
    let (index, _writer) = index_of((1..=10_010).map(|id| titled(id, "Same")));
    let page = |offset| {
        let found = index.search(&Request { limit: 4, offset, ..keyword("same") }).unwrap();
        assert_eq!(found.total, 10_010);
        (found.hits.iter().map(|hit| hit.id.as_u128()).collect::<Vec<_>>(), found.has_more)
    };
    assert_eq!(page(10_000), (vec![10, 9, 8, 7], true));
    assert_eq!(page(10_001), (vec![], false));
    assert_eq!(page(usize::MAX), (vec![], false));
}

#[test]
fn the_order_is_that_of_the_documents_and_not_of_how_they_were_indexed() {
    let words = ["boat", "sail", "harbour", "wind", "rope", "knot", "sailing", "boats"];
    let document = |id: u128| {
        let word = |at: u128| words[(id * 7 + at * 3 + id / 5) as usize % words.len()];
        Document {
            content: format!("{} {} {}", word(1), word(2), word(4)),
            tags: vec![word(5).into()],
            popularity: Popularity { likes: (id % 40) as i64, ..Popularity::default() },
            ..titled(id, &format!("{} {}", word(0), word(3)))
        }
    };
    let (whole, _writer) = index_of((1..=200).map(document));
    let (pieces, mut writer) = index_of([]);
    for id in (1..=200).rev() {
        writer
            .apply([put(titled(id, "boat of another time")), put(titled(id + 1_000, "sail"))])
            .unwrap();
        if id % 9 == 0 {
            writer.commit("2").unwrap();
        }
    }
    for id in 1..=200 {
        writer.apply([put(document(id)), Change::Remove(Uuid::from_u128(id + 1_000))]).unwrap();
        if id % 13 == 0 {
            writer.commit("3").unwrap();
        }
    }
    writer.commit("4").unwrap();
    assert_eq!((whole.len(), pieces.len()), (200, 200));
    for asked in
        ["boat", "sail wind", "harbuor", "kno", "rope or knot", "\"harbour wind\"", "boat -wind"]
    {
        let one = whole.search(&keyword(asked)).unwrap();
        assert!(one.total > 0, "{asked}");
        for (index, on_two_threads) in [(&pieces, false), (&whole, true), (&pieces, true)] {
            let request = Request { on_two_threads, ..keyword(asked) };
            let other = index.search(&request).unwrap();
            assert_eq!((one.total, &one.hits), (other.total, &other.hits), "{asked}");
        }
    }
}
