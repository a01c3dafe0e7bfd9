use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn zone(name: &str) -> Zone {
    Zone::Named(name.parse().unwrap())
}

/// Returns where the days begin, and how many hours each has.
fn split(zone: Zone, interval: Interval, from: &str, to: &str) -> Vec<(String, f64)> {
    let days = zone.split(interval, at(from), at(to), 2000).unwrap();
    for pair in days.windows(2) {
        assert_eq!(pair[0].end, pair[1].start, "without a gap");
    }
    let hours = |day: &LocalDay| (day.end.0 - day.start.0).num_minutes() as f64 / 60.0;
    days.iter().map(|day| (day.start.to_string()[..16].to_owned(), hours(day))).collect()
}

fn days(name: &str, from: &str, to: &str) -> Vec<(String, f64)> {
    split(zone(name), Interval::Day, from, to)
}

fn hours(name: &str, from: &str, to: &str) -> Vec<(String, f64)> {
    split(zone(name), Interval::Hour, from, to)
}

fn starts(wanted: &[(&str, f64)]) -> Vec<(String, f64)> {
    wanted.iter().map(|(start, hours)| ((*start).to_owned(), *hours)).collect()
}

#[test]
fn a_day_has_23_hours_when_clocks_go_forward_and_25_when_they_go_back() {
    let spring = days("Europe/Berlin", "2026-03-27T23:00:00Z", "2026-03-30T00:00:00Z");
    let wanted =
        [("2026-03-27T23:00", 24.0), ("2026-03-28T23:00", 23.0), ("2026-03-29T22:00", 24.0)];
    assert_eq!(spring, starts(&wanted));
    let autumn = days("America/New_York", "2026-10-31T04:00:00Z", "2026-11-02T06:00:00Z");
    let wanted =
        [("2026-10-31T04:00", 24.0), ("2026-11-01T04:00", 25.0), ("2026-11-02T05:00", 24.0)];
    assert_eq!(autumn, starts(&wanted));
}

#[test]
fn a_day_whose_midnight_is_left_out_begins_at_the_first_moment_after() {
    // Clocks went from 00:00 to 01:00.
    for (name, from, to, start) in [
        ("America/Santiago", "2025-09-06T04:00:00Z", "2025-09-08T00:00:00Z", "2025-09-07T04:00"),
        ("Asia/Beirut", "2025-03-28T22:00:00Z", "2025-03-30T20:00:00Z", "2025-03-29T22:00"),
    ] {
        let days = days(name, from, to);
        assert_eq!(days[1], (start.to_owned(), 23.0), "{name}");
        assert_eq!(days.len(), 2, "{name}");
    }
}

#[test]
fn of_two_midnights_the_first_begins_the_day() {
    // 01:00 became 00:00.
    let havana = days("America/Havana", "2025-11-01T04:00:00Z", "2025-11-03T05:00:00Z");
    assert_eq!(havana, starts(&[("2025-11-01T04:00", 24.0), ("2025-11-02T04:00", 25.0)]));
    // 24:00 became 23:00: the day before is the long one.
    let santiago = days("America/Santiago", "2025-04-05T03:00:00Z", "2025-04-07T04:00:00Z");
    assert_eq!(santiago, starts(&[("2025-04-05T03:00", 25.0), ("2025-04-06T04:00", 24.0)]));
    // The hour that comes twice belongs to the day that it is in both times.
    let tail = zone("America/Santiago").start_of_current(Interval::Day, at("2025-04-06T03:30:00Z"));
    assert_eq!(tail, at("2025-04-05T03:00:00Z"));
    // 00:01 became 23:01 of the day before, which has begun its end.
    let split_midnight =
        zone("America/St_Johns").start_of_current(Interval::Day, at("2006-10-29T02:45:00Z"));
    assert_eq!(split_midnight, at("2006-10-29T02:30:00Z"));
}

#[test]
fn a_date_that_a_zone_left_out_is_no_day() {
    // Samoa went from the 29th to the 31st.
    let samoa = days("Pacific/Apia", "2011-12-29T10:00:00Z", "2012-01-01T00:00:00Z");
    let wanted =
        [("2011-12-29T10:00", 24.0), ("2011-12-30T10:00", 24.0), ("2011-12-31T10:00", 24.0)];
    assert_eq!(samoa, starts(&wanted));
}

#[test]
fn the_hour_that_comes_twice_is_two_hours_and_the_one_left_out_is_none() {
    let autumn = hours("Europe/Berlin", "2026-10-24T23:00:00Z", "2026-10-25T03:00:00Z");
    let wanted = [
        ("2026-10-24T23:00", 1.0),
        ("2026-10-25T00:00", 1.0),
        ("2026-10-25T01:00", 1.0),
        ("2026-10-25T02:00", 1.0),
    ];
    assert_eq!(autumn, starts(&wanted));
    assert_eq!(
        hours("Europe/Berlin", "2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z").len(),
        2,
        "01:00 and 03:00"
    );
}

#[test]
fn hours_are_right_where_clocks_change_by_half_an_hour() {
    // 02:00 became 01:30, and in spring 02:00 became 02:30.
    let autumn = hours("Australia/Lord_Howe", "2026-04-04T14:00:00Z", "2026-04-04T17:00:00Z");
    let wanted = [
        ("2026-04-04T14:00", 1.0),
        ("2026-04-04T15:00", 0.5),
        ("2026-04-04T15:30", 1.0),
        ("2026-04-04T16:30", 1.0),
    ];
    assert_eq!(autumn, starts(&wanted));
    let spring = hours("Australia/Lord_Howe", "2026-10-03T14:45:00Z", "2026-10-03T16:30:00Z");
    assert_eq!(spring, starts(&[("2026-10-03T15:30", 0.5), ("2026-10-03T16:00", 1.0)]));
}

#[test]
fn days_and_hours_begin_at_the_quarter_where_the_offset_does() {
    let wanted = starts(&[("2026-01-31T18:15", 24.0)]);
    assert_eq!(days("Asia/Kathmandu", "2026-01-31T00:00:00Z", "2026-02-01T00:00:00Z"), wanted);
    let offset = Zone::Fixed(FixedOffset::east_opt(20_700).unwrap());
    assert_eq!(offset.name(), "+05:45");
    let same = split(offset, Interval::Day, "2026-01-31T00:00:00Z", "2026-02-01T00:00:00Z");
    assert_eq!(same, wanted);
    let hours = split(offset, Interval::Hour, "2026-01-31T00:00:00Z", "2026-01-31T01:00:00Z");
    assert_eq!(hours, starts(&[("2026-01-31T00:15", 1.0)]));
}

#[test]
fn a_day_belongs_to_the_period_in_which_it_begins() {
    let utc = |from, to| days("UTC", from, to).len();
    assert_eq!(utc("2026-01-31T00:00:00Z", "2026-02-01T00:00:00Z"), 1);
    assert_eq!(utc("2026-01-31T00:00:00.001Z", "2026-02-01T00:00:00Z"), 0);
    assert_eq!(utc("2026-01-31T00:00:00Z", "2026-02-01T00:00:00.001Z"), 2);
    let cut = Zone::UTC.split(Interval::Day, at("2000-01-01T00:00:00Z"), Utc::now(), 10).unwrap();
    assert_eq!(cut.len(), 11);
}

#[test]
fn days_of_a_time_before_standard_offsets_cannot_be_told() {
    let (from, to) = (at("1880-01-01T00:00:00Z"), at("1880-01-03T00:00:00Z"));
    assert_eq!(zone("Europe/Berlin").split(Interval::Day, from, to, 10), Err(UnevenOffset));
    assert!(zone("UTC").split(Interval::Day, from, to, 10).is_ok());
}

#[test]
fn going_back_by_days_goes_over_changes_of_clocks() {
    let berlin = zone("Europe/Berlin");
    let today = berlin.start_of_current(Interval::Day, at("2026-03-30T09:00:00Z"));
    assert_eq!(today, at("2026-03-29T22:00:00Z"));
    assert_eq!(berlin.back(Interval::Day, today, 6), at("2026-03-23T23:00:00Z"));
}

/// The days of every zone of a whole year: each moment is in one day, and the first of a day is the first
/// at which the clocks show its date.
#[test]
fn days_and_hours_of_every_zone_cover_a_year_without_gap_or_overlap() {
    let (from, to) = (at("2025-01-01T12:00:00Z"), at("2026-01-01T12:00:00Z"));
    for tz in chrono_tz::TZ_VARIANTS {
        let zone = Zone::Named(tz);
        let days = zone.split(Interval::Day, from, to, 2000).unwrap();
        assert_eq!(days.len(), 365, "{tz}");
        for pair in days.windows(2) {
            assert_eq!(pair[0].end, pair[1].start, "{tz}");
        }
        for day in days {
            let (first, before) = (day.start.0, day.start.0 - TimeDelta::milliseconds(1));
            assert!(zone.local(first).date() > zone.local(before).date(), "{tz} {first}");
        }
    }
}
