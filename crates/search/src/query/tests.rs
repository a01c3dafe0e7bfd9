use super::{
    parse::{Kind, parse},
    plan::groups,
};

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

#[test]
fn equal_alternatives_are_one_and_only_a_few_are_looked_up() {
    assert_eq!(groups(&"a or ".repeat(40)).len(), 1);
    assert_eq!(groups("rust or Rust or go or \"go\" or ").len(), 3);
    let many: Vec<String> = (10..50).map(|number| number.to_string()).collect();
    assert_eq!(groups(&many.join(" or ")).len(), 8);
}

#[test]
fn phrases_are_of_a_few_words_and_only_a_few_are_looked_up() {
    let phrase = format!("\"{}\" ", "a ".repeat(99));
    let asked = format!("{}{}", phrase.repeat(3), format!("-{phrase}").repeat(2));
    let [group] = groups(&asked).try_into().unwrap();
    assert_eq!(group.phrases.len(), 3);
    assert!(group.phrases.iter().chain(&group.excluded_phrases).all(|words| words.len() == 32));
    let asked = format!("a {}{}", "\"a b\" ".repeat(30), "-\"a b\" ".repeat(30));
    let [group] = groups(&asked).try_into().unwrap();
    assert_eq!((group.phrases.len(), group.excluded_phrases.len()), (8, 8));
    let [group] = groups(&format!("a {}", "-b ".repeat(90))).try_into().unwrap();
    assert_eq!(group.excluded.len(), 32);
}

#[test]
fn no_document_may_lack_a_word_of_a_phrase() {
    let [group] = groups("\"code review\" \"rust\" tutor").try_into().unwrap();
    let required = group.units.iter().filter(|unit| unit.is_required);
    let in_phrase: Vec<bool> = required.map(|unit| unit.is_in_phrase).collect();
    assert_eq!(in_phrase, [true, true, false, false]);
}
