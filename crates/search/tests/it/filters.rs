//! Filters and the grammar of keywords.

use search::{Document, Popularity, Request};

use super::support::{ids, index_of, keyword, titled};

#[test]
fn filters_compare_whole_values_in_any_case() {
    let (index, _writer) = index_of([
        Document {
            category: "Écriture".into(),
            tags: vec!["Café au lait".into()],
            ..titled(1, "Letters")
        },
        Document {
            category: "Écriture libre".into(),
            author: "Bob".into(),
            ..titled(2, "Letters")
        },
        Document {
            popularity: Popularity { average_rating: 4.5, ..Popularity::default() },
            content: "Bonjour, je voudrais écrire une lettre à mon ami qui habite en France."
                .into(),
            ..titled(3, "Letters")
        },
    ]);
    let found = |request: Request| ids(&index, &Request { keyword: "letters".into(), ..request });
    let all = keyword("letters");
    assert_eq!(found(Request { category: Some("éCRITURE".into()), ..all.clone() }), [1]);
    assert_eq!(found(Request { tag: Some("CAFÉ AU LAIT".into()), ..all.clone() }), [1]);
    assert_eq!(found(Request { tag: Some("café".into()), ..all.clone() }), [0; 0]);
    assert_eq!(found(Request { author: Some("BOB".into()), ..all.clone() }), [2]);
    assert_eq!(found(Request { language: Some("FR".into()), ..all.clone() }), [3]);
    assert_eq!(found(Request { language: Some("xx".into()), ..all.clone() }), [0; 0]);
    assert_eq!(found(Request { min_rating: Some(4.5), ..all.clone() }), [3]);
    assert_eq!(found(Request { min_rating: Some(4.6), ..all }), [0; 0]);
}

#[test]
fn a_document_has_to_pass_each_filter_however_many_of_its_values_pass_one() {
    let (index, _writer) = index_of([
        Document { tags: vec!["Rust".into(), "rust".into()], ..titled(1, "Letters") },
        Document {
            tags: vec!["Rust".into(), "rust".into(), "RUST".into()],
            author: "Bob".into(),
            ..titled(2, "Letters")
        },
        Document { author: "Eve".into(), ..titled(3, "Letters") },
    ]);
    let tagged = Request { tag: Some("rust".into()), ..keyword("letters") };
    assert_eq!(ids(&index, &tagged), [2, 1]);
    let by = |author: &str| Request { author: Some(author.into()), ..tagged.clone() };
    assert_eq!(ids(&index, &by("bob")), [2]);
    assert_eq!(ids(&index, &by("eve")), [0; 0]);
}

#[test]
fn phrases_negation_and_or_are_followed() {
    let (index, _writer) = index_of([
        Document { content: "first review the code".into(), ..titled(1, "One") },
        Document { content: "a code review".into(), ..titled(2, "Two") },
        Document { content: "日本語に翻訳する".into(), ..titled(3, "Three") },
        Document { content: "本日の翻訳と語学".into(), ..titled(4, "Four") },
    ]);
    assert_eq!(ids(&index, &keyword("\"code review\"")), [2]);
    assert_eq!(ids(&index, &keyword("review -\"code review\"")), [1]);
    assert_eq!(ids(&index, &keyword("review -first")), [2]);
    assert_eq!(ids(&index, &keyword("\"日本語に翻訳\"")), [3]);
    let mut either = ids(&index, &keyword("first or 翻訳"));
    either.sort_unstable();
    assert_eq!(either, [1, 3, 4]);
}

#[test]
fn where_most_words_are_enough_phrases_are_still_whole() {
    let (index, _writer) = index_of([
        titled(1, "Code review of Rust"),
        titled(2, "Review of Rust code"),
        titled(3, "Code review"),
    ]);
    assert_eq!(ids(&index, &keyword("\"code review\" rust")), [1, 3]);
    assert_eq!(ids(&index, &keyword("\"code review\"")), [3, 1]);
    assert_eq!(ids(&index, &keyword("\"code review\" \"of rust\"")), [1]);
}

#[test]
fn phrases_may_repeat_words() {
    let (index, _writer) = index_of([
        Document { content: "to be or not to be".into(), ..titled(1, "One") },
        Document { content: "to be or to be not".into(), ..titled(2, "Two") },
        Document { content: "a ".repeat(200), ..titled(3, "Three") },
        Document { content: "a ".repeat(20), ..titled(4, "Four") },
    ]);
    assert_eq!(ids(&index, &keyword("\"to be or not to be\"")), [1]);
    assert_eq!(ids(&index, &keyword("\"be not\"")), [2]);
    assert_eq!(ids(&index, &keyword("\"a a a\"")), [4, 3]);
    let long = format!("\"{}\"", "a ".repeat(99));
    assert_eq!(ids(&index, &keyword(&long)), [3]);
    assert_eq!(ids(&index, &keyword(&format!("a -{long}"))), [4]);
}

#[test]
fn many_alternatives_find_what_one_does() {
    let (index, _writer) = index_of((1..=30).map(|id| {
        let content = if id % 2 == 0 { "a boat" } else { "a boat, or a ship" };
        Document { content: content.into(), ..titled(id, "One") }
    }));
    let found = |asked: &str| index.search(&keyword(asked)).unwrap();
    for (one, many) in [("boat", "boat or "), ("boat or ship", "boat or ship or ")] {
        let (one, many) = (found(one), found(&format!("{} boat", many.repeat(40))));
        assert_eq!((one.total, one.hits), (many.total, many.hits));
    }
    assert_eq!(found("ship or boat").total, 30);
}

#[test]
fn a_keyword_without_words_finds_nothing() {
    let (index, _writer) = index_of([titled(1, "One . - * \" : and or")]);
    for nothing in [
        "",
        " ",
        ".",
        ".\u{200d}",
        "-",
        "\"\"",
        "-one",
        "* ? : ( ) [ ] { } ^ ~ \\ / ! && ||",
        "\u{0}",
    ] {
        assert_eq!(ids(&index, &keyword(nothing)), [0; 0], "{nothing:?}");
    }
}
