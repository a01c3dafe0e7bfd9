//! Suggestions and related documents.

use search::{Change, Document, SuggestionKind};
use uuid::Uuid;

use super::support::{index_of, put, titled};

#[test]
fn suggestions_are_titles_tags_categories_authors_and_words() {
    let (index, mut writer) = index_of([
        Document {
            tags: vec!["Linux".into()],
            category: "Linux help".into(),
            author: "LinusL".into(),
            ..titled(1, "Linux terminal")
        },
        titled(2, "A terminal for Linux"),
        Document { content: "linuxes".into(), ..titled(3, "Other") },
        titled(4, "Crème brûlée"),
    ]);
    let suggested = |typed: &str| {
        let found = index.suggest(typed, 10).unwrap();
        found.into_iter().map(|found| (found.kind, found.text)).collect::<Vec<_>>()
    };
    let is = |kind, text: &str| (kind, text.to_owned());
    let found = suggested("lin");
    assert_eq!(found[0], is(SuggestionKind::Title, "Linux terminal"));
    for wanted in [
        is(SuggestionKind::Title, "A terminal for Linux"),
        is(SuggestionKind::Tag, "Linux"),
        is(SuggestionKind::Category, "Linux help"),
        is(SuggestionKind::Author, "LinusL"),
        is(SuggestionKind::Word, "linux"),
    ] {
        assert!(found.contains(&wanted), "{wanted:?} is not in {found:?}");
    }
    assert_eq!(suggested("creme b")[0], is(SuggestionKind::Title, "Crème brûlée"));
    assert!(suggested("termnal").contains(&is(SuggestionKind::Title, "A terminal for Linux")));
    assert_eq!(suggested(" . "), []);

    let first = &index.suggest("linux t", 1).unwrap()[0];
    assert_eq!((first.document_id, first.author_id), (Some(Uuid::from_u128(1)), None));
    let author = index
        .suggest("linusl", 5)
        .unwrap()
        .into_iter()
        .find(|found| found.kind == SuggestionKind::Author);
    assert_eq!(author.unwrap().author_id, Some(Uuid::from_u128(900)));

    writer.apply([1, 2, 3].map(|id| Change::Remove(Uuid::from_u128(id)))).unwrap();
    writer.commit("2").unwrap();
    assert_eq!(index.suggest("lin", 10).unwrap(), []);
}

#[test]
fn related_documents_share_tags_and_words_of_titles() {
    let document =
        |id, title: &str, tag: &str| Document { tags: vec![tag.into()], ..titled(id, title) };
    let (index, mut writer) = index_of([
        document(1, "Sailing boats", "sea"),
        document(2, "Boats for sailing", "sea"),
        document(3, "Cooking fish", "sea"),
        document(4, "Cooking rice", "food"),
    ]);
    let related = |document: &Document, limit| {
        let found = index.related(document, limit).unwrap();
        found.into_iter().map(|id| id.as_u128()).collect::<Vec<_>>()
    };
    assert_eq!(related(&document(1, "Sailing boats", "sea"), 10), [2, 3]);
    assert_eq!(related(&document(1, "Sailing boats", "sea"), 1), [2]);
    assert_eq!(related(&document(9, "Rice", "unknown"), 10), [4]);
    assert_eq!(related(&Document::default(), 10), [0; 0]);
    writer.apply([put(document(2, "Something else", "other"))]).unwrap();
    writer.commit("2").unwrap();
    assert_eq!(related(&document(1, "Sailing boats", "sea"), 10), [3]);
}
