//! Tests of reading CSV, by dialects and by mistakes in it.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

const MAX: usize = 100;

type Rows = Vec<Result<Row, Problem>>;

fn read(text: impl AsRef<[u8]>) -> Result<(Vec<String>, Rows), Problem> {
    let reader = Reader::new(text.as_ref(), MAX)?;
    Ok((reader.columns().to_vec(), reader.collect()))
}

#[track_caller]
fn reads<const N: usize>(text: &str, columns: &[&str], rows: [&[&str]; N]) {
    let (names, read) = read(text).unwrap();
    assert_eq!(names, columns, "{text:?}");
    let cells: Vec<_> = read.into_iter().map(|row| row.unwrap().cells).collect();
    assert_eq!(cells, rows, "{text:?}");
}

#[track_caller]
fn refuses(text: impl AsRef<[u8]>, line: u64, part: &str) {
    let problem = match read(&text) {
        Err(problem) => problem,
        Ok((_, rows)) => rows.into_iter().find_map(Result::err).unwrap(),
    };
    assert_eq!(problem.line, line, "{problem}");
    assert!(problem.what.contains(part), "{part:?} in {problem}");
}

#[test]
fn the_separator_is_found_in_the_first_line() {
    for text in
        ["a,b\n1,2\n", "a;b\n1;2\n", "a\tb\n1\t2\n", "sep=;\na;b\n1;2\n", "\"sep=,\"\na,b\n1,2"]
    {
        reads(text, &["a", "b"], [&["1", "2"]]);
    }
    reads("\"a,b,c\";d\n1,5;2\n", &["a,b,c", "d"], [&["1,5", "2"]]);
    reads("a, b;c\n1;2\n", &["a, b", "c"], [&["1", "2"]]);
    reads("a\n1;2\n", &["a"], [&["1;2"]]);
    reads("sep=;\na\n1,2\n", &["a"], [&["1,2"]]);
    refuses("a\n1,2\n", 2, "has 2 values, and line 1 names 1");
    reads("\"two\nlines; of it\",b\n1,2\n", &["two\nlines; of it", "b"], [&["1", "2"]]);
}

#[test]
fn every_line_end_and_a_byte_order_mark_are_read() {
    for end in ["\n", "\r\n", "\r"] {
        let text = ["\u{feff}a,b", "1,\"x", "y\"", "", "3,"].join(end);
        let second = format!("x{end}y");
        reads(&text, &["a", "b"], [&["1", &second], &["3", ""]]);
        let lines: Vec<_> =
            read(&text).unwrap().1.into_iter().map(|row| row.unwrap().line).collect();
        assert_eq!(lines, [2, 5], "{end:?}");
    }
}

#[test]
fn spaces_around_quotes_do_not_count_and_others_do() {
    reads(
        "\"city\", \"expected\" \n \"a b\" ,\t\" c\"\n x, y \n",
        &["city", "expected"],
        [&["a b", " c"], &[" x", " y "]],
    );
    reads("a\tb\n\"1\"\t \"2\"\n", &["a", "b"], [&["1", "2"]]);
    reads("a,b\n\"say \"\"hi\"\"\",\"\"\"\"\n", &["a", "b"], [&["say \"hi\"", "\""]]);
    reads("a,b\n\"C:\\\",\\\n", &["a", "b"], [&["C:\\", "\\"]]);
}

#[test]
fn blank_rows_and_empty_columns_at_the_end_are_skipped() {
    reads(
        "\n\n;;\na;b;;\n\n1;2;;\n; ;;\n\"\";\" \"\n3;4\n;;;;;;\n",
        &["a", "b"],
        [&["1", "2"], &["3", "4"]],
    );
    reads("a,,b\n1,2,3", &["a", "", "b"], [&["1", "2", "3"]]);
}

#[test]
fn bad_quoting_is_refused_with_its_line() {
    refuses("a,b\n1,2\n3,x \"y\" z\n", 3, "column 2: has a quote inside");
    refuses("a,b\n1,5\" pipe\n", 2, "quote inside");
    refuses("a,b\n\"say \\\"hi\\\"\",2\n", 2, r#"\" does not stand for a quote"#);
    refuses("a,b\n\"x\"y,2\n", 2, "column 1: has text after its closing quote");
    refuses("a,b\n\"x\n\ny\" z,2\n", 4, "opened in line 2");
    refuses("a,b\n1,2\n3,\"never\nclosed\n", 3, "column 2: has a quote that is never closed");
    refuses("a,\"b\n1,2\n", 1, "never closed");
    refuses("a,b\n1,\"", 2, "never closed");
    refuses("a \"b\",c\n1,2\n", 1, "quote inside");
}

#[test]
fn other_rows_are_read_where_it_is_known_where_a_bad_one_ends() {
    let (_, rows) =
        read(b"a,b\n1,\"2\"\nx \"y\",z\n\xff,1\n5\n6,7,8\n9,10,\n11,\0\n12,13\n\"14\"x,\n15,16\n")
            .unwrap();
    let seen: Vec<_> = rows
        .iter()
        .map(|row| match row {
            Ok(row) => (row.line, "read"),
            Err(problem) => (problem.line, problem.what.as_str()),
        })
        .collect();
    let lines: Vec<_> = seen.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [2, 3, 4, 5, 6, 7, 8, 9, 10], "{seen:?}");
    assert!(seen[1].1.contains("quote inside"));
    assert!(seen[2].1.contains("is not UTF-8"));
    assert_eq!(seen[3].1, "has 1 values, and line 1 names 2");
    assert_eq!(seen[4].1, "has 3 values, and line 1 names 2");
    assert!(seen[6].1.contains("U+0000"));
    assert!(seen[8].1.contains("closing quote"));
    assert_eq!((seen[0].1, seen[5].1, seen[7].1), ("read", "read", "read"));
}

#[test]
fn other_files_are_refused_by_name() {
    let wide = |text: &str, bytes: fn(u16) -> [u8; 2]| {
        text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>()
    };
    for text in ["a,b\n1,2\n", "\u{feff}a,b\n1,2\n"] {
        refuses(wide(text, u16::to_le_bytes), 1, "is UTF-16");
        refuses(wide(text, u16::to_be_bytes), 1, "is UTF-16");
    }
    refuses(b"PK\x03\x04...", 1, "is a spreadsheet");
    refuses(b"caf\xe9,b\n1,2\n", 1, "is not UTF-8");
    for text in ["", "\u{feff}", "\n\n", ",,,\n,\n"] {
        refuses(text, 1, "has no columns");
    }
}

#[test]
fn hostile_files_take_linear_time_and_little_memory() {
    let started = Instant::now();
    for unit in [",", "\"", "\"\"", "\"\",", "a,", "\n", "\r", " ", " \"", "\\\"", "\"\n", ";,\t"] {
        let text = unit.repeat(1_000_000 / unit.len());
        for text in [text.clone(), format!("a,b\n{text}"), format!("a,b\n1,{text}")] {
            let held = read(text).map_or(0, |(_, rows)| {
                rows.iter().flatten().map(|row| row.cells.len()).sum::<usize>()
            });
            assert!(held <= 1_000_000, "{unit:?}");
        }
    }
    // Quadratic time would be many minutes.
    assert!(started.elapsed() < Duration::from_secs(30));
    reads(&format!("a,b{}\n", ",".repeat(2_000)), &["a", "b"], []);
    refuses("a,".repeat(2_000), 1, "must have 100 columns at most");
}

fn cell() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "a", "ж", "🎉", ",", ";", "\t", "\"", "\"\"", "\n", "\r\n", "\r", " ", "\\", "=", "'", "x",
    ]);
    prop::collection::vec(token, 0..6).prop_map(|tokens| tokens.concat())
}

proptest! {
    #[test]
    fn what_others_write_is_read_back(
        rows in prop::collection::vec(prop::collection::vec(cell(), 3), 0..6),
        separator in prop::sample::select(vec![b',', b';', b'\t']),
        ends in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        all in any::<bool>(),
    ) {
        let end = if ends == "\r\n" { csv::Terminator::CRLF } else { csv::Terminator::Any(ends.as_bytes()[0]) };
        // Spaces before a quote are lost, and the writer does not quote a value for them.
        let style = if all { csv::QuoteStyle::Always } else { csv::QuoteStyle::NonNumeric };
        let mut writer = csv::WriterBuilder::new()
            .delimiter(separator).terminator(end).quote_style(style).from_writer(Vec::new());
        writer.write_record(["one", "two", "three"]).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let (names, read) = read(writer.into_inner().unwrap()).unwrap();
        prop_assert_eq!(names, ["one", "two", "three"]);
        let read: Vec<_> = read.into_iter().map(|row| row.unwrap().cells).collect();
        let expected: Vec<_> =
            rows.into_iter().filter(|row| row.iter().any(|cell| !cell.trim().is_empty())).collect();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), text in cell()) {
        for file in [bytes, format!("a,b\n{text}").into_bytes()] {
            if let Ok(reader) = Reader::new(&file, MAX) {
                let columns = reader.columns().len();
                for row in reader.take(1_000) {
                    prop_assert!(row.is_err() || row.unwrap().cells.len() == columns);
                }
            }
        }
    }
}
