//! Measures searches of a synthetic index.
//!
//! `cargo run --release --example million -- PROMPTS.csv 1000000`: documents are mixtures of sentences
//! of the prompts.

use std::{error::Error, fs, time::Instant};

use search::{Change, Document, Index, Popularity, Request};
use uuid::Uuid;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(prompts), Some(count)) = (arguments.next(), arguments.next()) else {
        return Err("usage: million PROMPTS.csv DOCUMENTS".into());
    };
    let text = fs::read_to_string(prompts)?;
    let sentences: Vec<&str> = text
        .split(['.', '\n', '"'])
        .map(str::trim)
        .filter(|text| text.chars().count() > 20)
        .collect();
    let words: Vec<&str> =
        text.split_whitespace().filter(|word| word.chars().count() > 3).collect();
    let directory = tempfile::tempdir()?;
    let (index, mut writer) = Index::open(directory.path())?;

    let began = Instant::now();
    let mut random = Random(7);
    for id in 1..=count.parse::<u128>()? {
        writer.apply([Change::Put(Box::new(document(id, &sentences, &words, &mut random)))])?;
    }
    writer.commit("1")?;
    report(&format!("indexed {} documents in {:.1?}", index.len(), began.elapsed()));
    let bytes: u64 = fs::read_dir(directory.path())?
        .filter_map(|entry| entry.ok()?.metadata().ok())
        .map(|file| file.len())
        .sum();
    report(&format!("{} MB on disk, {}", bytes / 1_000_000, resident()));

    for (name, keywords) in QUERIES {
        let mut times = Vec::new();
        let mut total = 0;
        for _ in 0..20 {
            for keyword in keywords {
                let request =
                    Request { keyword: (*keyword).into(), limit: 10, ..Request::default() };
                let began = Instant::now();
                total = index.search(&request)?.total;
                times.push(began.elapsed());
            }
        }
        times.sort();
        let of = |share: usize| times[(times.len() - 1) * share / 100];
        report(&format!(
            "{name:12} p50 {:8.2?} p95 {:8.2?} most {:8.2?}; {total} found",
            of(50),
            of(95),
            of(100)
        ));
    }
    suggestions(&index)?;
    report(&resident());
    Ok(())
}

const QUERIES: [(&str, &[&str]); 10] = [
    ("common", &["write ", "write an", "image"]),
    ("rare", &["kubernetes", "hypnotherapist", "sudoku"]),
    ("misspelt", &["kuberntes", "tarnslator", "reveiwer"]),
    ("unfinished", &["wri", "prom", "ima", "gene", "conte"]),
    ("two letters", &["pr", "co", "wr"]),
    ("two words", &["code review", "image style"]),
    ("five words", &["write a short story about dragons and cities"]),
    ("phrase", &["\"linux terminal\"", "\"act as\"", "\"i want you to\""]),
    ("without", &["write -image", "code or image"]),
    ("Japanese", &["日本語", "翻訳"]),
];

fn suggestions(index: &Index) -> Result<(), Box<dyn Error>> {
    let mut times = Vec::new();
    for typed in ["linux terminal", "write an image", "codee", "prompt gen"] {
        for (end, _) in typed.char_indices().skip(1) {
            let began = Instant::now();
            index.suggest(&typed[..end], 8)?;
            times.push((began.elapsed(), &typed[..end]));
        }
    }
    times.sort();
    let of = |share: usize| times[(times.len() - 1) * share / 100];
    report(&format!("suggest      p50 {:?} p95 {:?} most {:?}", of(50), of(95), of(100)));
    let document = Document {
        title: "Linux image writer".into(),
        tags: vec!["code".into()],
        ..Document::default()
    };
    let began = Instant::now();
    let related = index.related(&document, 10)?.len();
    report(&format!("related      {:.2?}, {related} found", began.elapsed()));
    Ok(())
}

fn document(id: u128, sentences: &[&str], words: &[&str], random: &mut Random) -> Document {
    let title: Vec<&str> =
        (0..2 + random.below(4)).map(|_| words[random.below(words.len())]).collect();
    let content: Vec<&str> =
        (0..3 + random.below(8)).map(|_| sentences[random.below(sentences.len())]).collect();
    Document {
        id: Uuid::from_u128(id * 0x9e37_79b9_7f4a_7c15_f39c),
        title: title.join(" "),
        tags: (0..random.below(4)).map(|_| format!("tag{}", random.below(5_000))).collect(),
        category: format!("Category {}", random.below(12)),
        description: sentences[random.below(sentences.len())].into(),
        content: content.join(". "),
        author: format!("user{}", random.below(50_000)),
        author_id: Uuid::from_u128(1),
        popularity: Popularity {
            weighted_rating: 2.0 + random.below(30) as f64 / 10.0,
            likes: random.below(300) as i64,
            average_rating: 4.0,
        },
    }
}

/// A linear congruential generator: each run measures the same.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % end.max(1)
    }
}

fn resident() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let lines =
        status.lines().filter(|line| line.starts_with("VmRSS") || line.starts_with("RssAnon"));
    lines.collect::<Vec<_>>().join(", ")
}

#[expect(clippy::print_stdout, reason = "what is measured goes to the terminal")]
fn report(line: &str) {
    println!("{line}");
}
