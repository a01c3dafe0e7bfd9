//! Files that LibreOffice wrote; `fixtures/README.md` says how.

use csv_table::Reader;

const CITIES: [[&str; 3]; 6] = [
    ["Paris", "Bonjour, Ada.", "plain"],
    ["São Paulo", "She said \"olá\"; then left.", "two\nlines"],
    ["東京", "  spaces around  ", "semi;colon"],
    ["Наб. Челны 🎉", "=1+1 as text", "tabhere"],
    ["Oslo", "12", "5,5"],
    ["\"quoted\"", "", "trailing empty"],
];

#[test]
fn cities_are_read_as_they_are_in_the_spreadsheet() {
    for file in [
        &include_bytes!("fixtures/cities-comma.csv")[..],
        include_bytes!("fixtures/cities-semicolon.csv"),
        include_bytes!("fixtures/cities-tab.csv"),
        include_bytes!("fixtures/cities-unquoted.csv"),
    ] {
        let reader = Reader::new(file, 3).unwrap();
        assert_eq!(reader.columns(), ["city", "expected", "note, with comma"]);
        let rows: Vec<_> = reader.map(Result::unwrap).collect();
        assert_eq!(rows.iter().map(|row| &row.cells).collect::<Vec<_>>(), CITIES.each_ref());
        assert_eq!(rows.last().unwrap().line, 10);
    }
}

#[test]
fn a_file_in_utf_16_is_refused_by_name() {
    let problem = Reader::new(include_bytes!("fixtures/cities-utf-16.csv"), 3).unwrap_err();
    assert_eq!(problem.to_string(), "line 1: is UTF-16; save the file as CSV in UTF-8");
}
