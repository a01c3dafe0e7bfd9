//! Any text can be indexed, asked for, and highlighted.

use proptest::prelude::*;
use search::{Document, Index, Writer};

use super::support::{index_of, keyword, put, titled};

/// Texts of words of many scripts, of signs, and of any characters.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "\\PC{0,12}",
        "[a-zA-Z0-9_.+#'<>&\"-]{0,12}",
        "[\u{300}-\u{36f}\u{200b}-\u{200f}\u{fe0f}ßİıſ]{0,6}",
        "[あ-んア-ヶー一-龠ｦ-ﾟ]{0,8}",
        "[ก-๛ក-៹က-၉]{0,8}",
        "[가-힣ᄀ-ᇿ]{0,8}",
        "[ء-ي\u{64b}-\u{652}א-ת\u{5b0}-\u{5c7}]{0,8}",
        "[😀-🙏🏻-🏿\u{1f1e6}-\u{1f1ff}\u{200d}]{0,4}",
        Just("linux terminal".to_owned()),
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_text_is_a_keyword_and_a_document(text in texts(), asked in texts()) {
        let document = Document {
            content: text.clone(),
            tags: vec![text.clone()],
            category: text.clone(),
            author: text.clone(),
            ..titled(1, &text)
        };
        let (index, _writer): (Index, Writer) = index_of([document.clone(), titled(2, "linux terminal")]);
        for asked in [&asked, &text] {
            let found = index.search(&keyword(asked)).unwrap();
            prop_assert_eq!(found.total, found.hits.len());
            index.suggest(asked, 8).unwrap();
            if let Some(html) = found.highlighter.passage(&[&text, "linux terminal"], 40) {
                prop_assert!(is_well_formed(&html), "{}", html);
            }
        }
        index.related(&document, 5).unwrap();
    }
}

/// Returns whether a text has no markup but pairs of `<mark>`, not within each other.
fn is_well_formed(html: &str) -> bool {
    let inside = html.split("<mark>").skip(1).all(|mark| mark.matches("</mark>").count() == 1);
    let bare = html.replace("<mark>", "").replace("</mark>", "");
    let escaped = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"]
        .iter()
        .fold(bare, |text, name| text.replace(name, ""));
    inside && !escaped.contains(['<', '>', '&', '"', '\''])
}

#[test]
fn passages_mark_the_words_that_were_found() {
    let (index, mut writer) = index_of([
        titled(1, "Übersetzer für <Briefe>"),
        titled(2, "日本語の翻訳"),
        titled(3, "C++ & Node.js"),
        titled(4, "한국어를 번역합니다"),
    ]);
    let marked = |asked: &str, text: &str| {
        let found = index.search(&keyword(asked)).unwrap();
        found.highlighter.passage(&[text], 200)
    };
    for (asked, text, html) in [
        ("ubersetzr", "Übersetzer für <Briefe>", "<mark>Übersetzer</mark> für &lt;Briefe&gt;"),
        ("翻訳", "日本語の翻訳です", "日本語の<mark>翻訳</mark>です"),
        ("c++ nodejs", "C++ & Node.js", "<mark>C++</mark> &amp; <mark>Node.js</mark>"),
        ("번역", "한국어를 번역합니다", "한국어를 <mark>번역합니다</mark>"),
        ("überset", "Übersetzer", "<mark>Übersetzer</mark>"),
        (
            "running",
            "It runs, ran on-run\u{a0}RUN",
            "It <mark>runs</mark>, ran on-<mark>run</mark>\u{a0}<mark>RUN</mark>",
        ),
        ("переводчик", "Нужны переводчики", "Нужны <mark>переводчики</mark>"),
        (
            "membaca",
            "Buku ini dibaca oleh semua orang di sekolah kami",
            "Buku ini <mark>dibaca</mark> oleh semua orang di sekolah kami",
        ),
    ] {
        assert_eq!(marked(asked, text).as_deref(), Some(html), "{asked}");
    }
    assert_eq!(marked("briefe", "nothing"), None);

    let long = format!("{} needle {}", "hay ".repeat(500), "straw ".repeat(500));
    writer.apply([put(titled(5, "needle"))]).unwrap();
    writer.commit("2").unwrap();
    let html = marked("needle", &long).unwrap();
    assert!(
        html.starts_with("…hay") && html.contains("<mark>needle</mark>") && html.ends_with('…'),
        "{html}"
    );
}
