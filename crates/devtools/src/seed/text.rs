//! Texts that load a database as real prompts do: a few words are in nearly all of them and many in
//! hardly any; they have several scripts, placeholders, and lengths around 500 characters with a long
//! tail. They make no sense.

use std::ops::{Range, RangeInclusive};

use super::{
    rng::Rng,
    words::{CATEGORIES, LANGUAGES, Language, MODELS, PREFIXES, ROLES, SYLLABLES, TAGS},
};

/// The median length of contents, in characters.
const MEDIAN_LENGTH: f64 = 500.0;
/// The deviation of the logarithm of lengths: one content in twenty is four times as long as the median,
/// one in a thousand sixteen times.
const SPREAD: f64 = 0.9;
/// The shortest and the longest content, in characters.
const LENGTHS: Range<f64> = 60.0..30_000.0;

/// The number of English words, the first of the list, that are too short to make others of.
const SMALL_WORDS: usize = 40;

/// The number of different tags.
const TAG_COUNT: usize = 5_000;

/// The text of a prompt.
#[derive(Clone)]
pub struct Text {
    pub title: String,
    pub content: String,
    /// The ends of all sentences of the content but the last, as byte offsets.
    pub cuts: Vec<usize>,
    pub description: Option<String>,
    pub category: &'static str,
    pub tags: Vec<String>,
    pub model: Option<&'static str>,
    pub language: &'static Language,
}

impl Text {
    pub fn new(rng: &mut Rng) -> Self {
        let language = language(rng);
        let role = rng.pick(&ROLES);
        let (content, cuts) = content(rng, language, role);
        Self {
            title: title(rng, language, role),
            content,
            cuts,
            description: rng.chance(0.6).then(|| remark(rng, language)),
            category: CATEGORIES[rng.zipf(CATEGORIES.len())],
            tags: tags(rng),
            model: rng.chance(0.4).then(|| MODELS[rng.zipf(MODELS.len())]),
            language,
        }
    }
}

/// Makes one or two sentences, as in descriptions, comments and reviews.
pub fn remark(rng: &mut Rng, language: &Language) -> String {
    let mut text = String::new();
    for _ in 0..rng.between(1, 2) {
        sentence(rng, language, &[], &mut text);
    }
    trimmed(text)
}

fn language(rng: &mut Rng) -> &'static Language {
    let mut place = rng.below(1000) as u16;
    for language in LANGUAGES.iter() {
        match place.checked_sub(language.per_mille) {
            None => return language,
            Some(rest) => place = rest,
        }
    }
    &LANGUAGES[0]
}

fn is_english(language: &Language) -> bool {
    std::ptr::eq(language, &LANGUAGES[0])
}

fn title(rng: &mut Rng, language: &Language, role: &str) -> String {
    let mut title = String::new();
    if is_english(language) {
        push_capitalised(&mut title, role);
        if rng.chance(0.7) {
            title.push_str(if rng.chance(0.5) { " for " } else { ": " });
            words(rng, language, 1..=3, &mut title);
        }
    } else {
        let mut rest = String::new();
        words(rng, language, 3..=6, &mut rest);
        push_capitalised(&mut title, &rest);
    }
    title
}

fn content(rng: &mut Rng, language: &Language, role: &str) -> (String, Vec<usize>) {
    let median = if language.space.is_empty() { MEDIAN_LENGTH / 2.0 } else { MEDIAN_LENGTH };
    let wanted =
        (median * (SPREAD * rng.normal()).exp()).clamp(LENGTHS.start, LENGTHS.end) as usize;
    let variables = if rng.chance(0.35) { &language.variables[..] } else { &[] };

    let mut content = rng.pick(&language.openers).replace('@', role);
    content.push_str(language.stop);
    let (mut length, mut counted) = (0, 0);
    let mut cuts = Vec::new();
    loop {
        sentence(rng, language, variables, &mut content);
        length += content[counted..].chars().count();
        counted = content.len();
        if length >= wanted {
            return (trimmed(content), cuts);
        }
        cuts.push(content.trim_end().len());
        match rng.below(20) {
            0..3 => content.push_str("\n\n"),
            3 => content.push_str("\n- "),
            _ => {}
        }
    }
}

fn sentence(rng: &mut Rng, language: &Language, variables: &[&str], out: &mut String) {
    let mut text = String::new();
    words(rng, language, 2..=8, &mut text);
    if !variables.is_empty() && rng.chance(0.25) {
        text.push_str(language.space);
        text.push_str("{{");
        text.push_str(variables[rng.zipf(variables.len())]);
        if rng.chance(0.2) {
            text.push(':');
            word(rng, language, &mut text);
        }
        text.push_str("}}");
    } else if rng.chance(0.3) {
        text.push_str(if language.space.is_empty() { "、" } else { "," });
    }
    text.push_str(language.space);
    words(rng, language, 3..=8, &mut text);
    push_capitalised(out, &text);
    out.push_str(language.stop);
}

fn words(rng: &mut Rng, language: &Language, count: RangeInclusive<usize>, out: &mut String) {
    for i in 0..rng.between(*count.start(), *count.end()) {
        if i > 0 {
            out.push_str(language.space);
        }
        word(rng, language, out);
    }
}

fn word(rng: &mut Rng, language: &Language, out: &mut String) {
    if rng.chance(0.025) {
        name(rng, out);
    } else if is_english(language) {
        english(rng, &language.words, out);
    } else {
        out.push_str(language.words[rng.zipf(language.words.len())]);
    }
}

/// Adds a word of the list, or one made with a prefix.
fn english(rng: &mut Rng, list: &[&str], out: &mut String) {
    let stems = &list[SMALL_WORDS..];
    let rank = rng.zipf(list.len() + PREFIXES.len() * stems.len());
    match rank.checked_sub(list.len()) {
        None => out.push_str(list[rank]),
        Some(made) => {
            out.push_str(PREFIXES[made % PREFIXES.len()]);
            out.push_str(stems[made / PREFIXES.len()]);
        }
    }
}

/// Adds one of 125,000 names; most of them are in a handful of prompts even among a million.
fn name(rng: &mut Rng, out: &mut String) {
    /// The step between the numbers of two ranks. It has no common factor with the count, so that each
    /// rank has a name of its own, and names of near ranks have nothing in common.
    const STEP: usize = 76_543;
    let n = SYLLABLES.len();
    let count = n.pow(3);
    let number = rng.zipf(count) * STEP % count;
    let parts = [number / (n * n), number / n % n, number % n];
    let mut name = String::new();
    parts.into_iter().for_each(|part| name.push_str(SYLLABLES[part]));
    push_capitalised(out, &name);
}

fn tags(rng: &mut Rng) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for _ in 0..rng.below(7) {
        let rank = rng.zipf(TAG_COUNT);
        let tag = match rank.checked_sub(TAGS.len()) {
            None => TAGS[rank].to_owned(),
            Some(made) => {
                let stems = &LANGUAGES[0].words[SMALL_WORDS..];
                // Two words, at another distance each time the list begins again.
                let (one, round) = (made % stems.len(), made / stems.len());
                format!("{}-{}", stems[one], stems[(one + 17 + round * 31) % stems.len()])
            }
        };
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

fn push_capitalised(out: &mut String, text: &str) {
    let mut chars = text.chars();
    out.extend(chars.next().into_iter().flat_map(char::to_uppercase));
    out.push_str(chars.as_str());
}

fn trimmed(mut text: String) -> String {
    text.truncate(text.trim_end().len());
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::seed::rng::Stream;

    fn some(count: u64) -> Vec<Text> {
        (0..count).map(|i| Text::new(&mut Rng::new(42, Stream::Prompt, i))).collect()
    }

    #[test]
    fn every_text_is_one_that_the_service_would_take() {
        for text in some(3_000) {
            let chars = |text: &str| text.trim().chars().count();
            assert!((3..=200).contains(&chars(&text.title)), "{}", text.title);
            assert!((10..=100_000).contains(&chars(&text.content)), "{}", text.content);
            assert!(text.description.iter().all(|text| chars(text) <= 1_000));
            assert!(text.tags.len() <= 10);
            assert!(text.tags.iter().all(|tag| (1..=50).contains(&chars(tag))), "{:?}", text.tags);
            for cut in &text.cuts {
                assert!(chars(&text.content[..*cut]) >= 10);
                assert!(*cut < text.content.len());
            }
        }
    }

    #[test]
    fn half_the_contents_have_some_five_hundred_characters_and_a_few_very_many() {
        let mut lengths: Vec<_> =
            some(3_000).iter().map(|text| text.content.chars().count()).collect();
        lengths.sort_unstable();
        assert!((450..700).contains(&lengths[1_500]), "{}", lengths[1_500]);
        assert!((1_500..3_500).contains(&lengths[2_850]), "{}", lengths[2_850]);
        assert!(lengths[2_999] > 5_000);
    }

    #[test]
    fn some_words_are_common_and_most_are_rare() {
        let mut prompts_with: HashMap<String, u32> = HashMap::new();
        for text in some(3_000) {
            let mut words: Vec<_> =
                text.content.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect();
            words.sort_unstable();
            words.dedup();
            words.into_iter().for_each(|word| *prompts_with.entry(word).or_default() += 1);
        }
        assert!(prompts_with["the"] > 1_800);
        let rare = prompts_with.values().filter(|count| **count <= 3).count();
        assert!(rare * 2 > prompts_with.len(), "{rare} of {}", prompts_with.len());
    }
}
