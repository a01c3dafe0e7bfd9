use super::parse::{Kind, parse};

#[test]
fn words_phrases_negation_and_or_are_understood() {
    let parsed = |keyword| {
        let lists = parse(keyword).into_iter().map(|clauses| {
            let clauses = clauses.into_iter().map(|clause| {
                let sign = match clause.kind {
                    Kind::Words => ' ',
                    Kind::Phrase => '=',
                    Kind::Without => '-',
                };
                format!("{sign}{}", clause.text)
            });
            clauses.collect::<Vec<_>>().join(";")
        });
        lists.collect::<Vec<_>>().join("|")
    };
    assert_eq!(parsed(" rust  tutor "), " rust  tutor");
    assert_eq!(parsed("\"code review\" -java now"), "=code review;-java; now");
    assert_eq!(parsed("rust OR go the"), " rust| go the");
    assert_eq!(parsed("a \"open"), " a;=open");
    assert_eq!(parsed("- -- \"\" -\"a b\""), "-a b");
    assert_eq!(parsed(""), "");
}
