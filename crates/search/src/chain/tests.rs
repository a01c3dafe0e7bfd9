use super::*;

/// Writes pieces as `part+part[whole|whole]` and `<unspaced>`.
fn written(text: &str) -> String {
    let written = pieces(text).into_iter().map(|piece| match piece {
        Piece::UnspacedText(unspaced) => {
            format!("<{}>", unspaced.chars.iter().map(|(c, _)| c).collect::<String>())
        }
        Piece::Words { parts, wholes, .. } => {
            let parts: Vec<String> = parts
                .into_iter()
                .map(|word| match word.with_symbols {
                    Some(symbols) => format!("{}({symbols})", word.plain),
                    None => word.plain,
                })
                .collect();
            if wholes.is_empty() {
                parts.join("+")
            } else {
                format!("{}[{}]", parts.join("+"), wholes.join("|"))
            }
        }
    });
    written.collect::<Vec<_>>().join(" ")
}

#[test]
fn texts_are_cut_into_words_and_unspaced_texts() {
    for (text, cut) in [
        ("", ""),
        (" . \u{200d} -- ", ""),
        ("Linux Terminal", "linux terminal"),
        ("Hello, world!", "hello world"),
        ("C++ and C#", "c(c++) and c(c#)"),
        (".NET", "net(.net)"),
        ("Use .NET.", "use net(.net)"),
        ("node.js", "node+js[nodejs|node.js]"),
        ("GPT-4o", "gpt+4o[gpt4o|gpt-4o]"),
        ("snake_case", "snake+case[snakecase|snake_case]"),
        ("camelCase", "camel+case[camelcase]"),
        ("parseHTMLPage", "parse+html+page[parsehtmlpage]"),
        ("and/or", "and+or[andor|and/or]"),
        ("don't", "don+t[dont|don't]"),
        ("don’t", "don+t[dont|don't]"),
        ("Ｆｕｌｌ", "full"),
        ("Straße", "strasse"),
        ("İstanbul ısı", "istanbul isi"),
        ("Crème brûlée", "creme brulee"),
        ("ёлка", "елка"),
        ("مُحَمَّد أحمد مدرسـة", "محمد احمد مدرسه"),
        ("שָׁלוֹם", "שלום"),
        ("GPT写作助手", "gpt <写作助手>"),
        ("プログラミング言語", "<プログラミング言語>"),
        ("ﾌﾟﾛ", "<プロ>"),
        ("ภาษาไทย", "<ภาษาไทย>"),
        ("한국어를 번역", "한국어를 번역"),
        ("हिन्दी में", "हिन्दी में"),
        ("🚀🧑🏽‍💻 go", "🚀 🧑‍💻 go"),
        ("❤️", "❤"),
        ("1+1=2", "1+1[11|1+1] 2"),
        ("a, b", "a b"),
    ] {
        assert_eq!(written(text), cut, "{text}");
    }
}

#[test]
fn the_marked_form_keeps_accents_and_the_plain_form_does_not() {
    assert_eq!(marked_form("CAFÉ"), "café");
    assert_eq!(marked_form("cafe\u{301}"), "café");
    assert_eq!(plain_form("café"), "cafe");
    assert_eq!(plain_form("が"), "が");
}

#[test]
fn inflected_forms_share_a_stem() {
    let share = |language: &str, one: &str, other: &str| {
        let of = |word: &str| {
            let marked = marked_form(word);
            let plain = plain_form(&marked);
            stems(&marked, &plain, language).collect::<Vec<_>>()
        };
        of(one).iter().any(|stem| of(other).contains(stem))
    };
    for (language, one, other) in [
        ("en", "translating", "translations"),
        ("de", "Häuser", "hauser"),
        ("fr", "étudiants", "etudiant"),
        ("ru", "переводчика", "переводчик"),
        ("uk", "рецепти", "рецептів"),
        ("el", "μαθήματα", "μαθημα"),
    ] {
        assert!(share(language, one, other), "{language}: {one}, {other}");
    }
}

#[test]
fn a_language_is_detected_where_there_is_little_doubt() {
    assert_eq!(
        detect_language("Ich möchte, dass du als Übersetzer arbeitest und mir hilfst."),
        Some("de")
    );
    assert_eq!(detect_language("我希望你充当中文翻译"), Some("zh"));
    assert_eq!(detect_language("12 + 3"), None);
    assert_eq!(known_language("EN"), Some("en"));
    assert_eq!(known_language("english"), None);
}

#[test]
fn long_words_are_cut() {
    let long = "ß".repeat(1_000);
    let Some(Piece::Words { parts, .. }) = pieces(&long).pop() else { panic!("no word") };
    assert_eq!(parts[0].plain.chars().count(), MAX_WORD_CHARS);
}
