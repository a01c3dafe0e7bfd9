//! Everything said to people. Results go to standard output; what goes on and what went wrong to
//! standard error.

use std::{
    io::{IsTerminal, Write, stderr, stdout},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

/// A result. That nobody reads it (a closed pipe) is no reason to fail.
pub fn say(text: &str) {
    let _ = writeln!(stdout(), "{text}");
}

/// A remark or an error.
pub fn complain(text: &str) {
    let _ = writeln!(stderr(), "{text}");
}

/// Whether live lines can be shown.
pub fn is_live() -> bool {
    stderr().is_terminal()
}

/// How far something of known size is: live on a terminal, a line now and then elsewhere.
pub struct Bar {
    bar: ProgressBar,
    live: bool,
}

impl Bar {
    /// `template` as indicatif has them.
    pub fn new(total: u64, template: &str) -> Self {
        let live = is_live();
        let bar = if live { ProgressBar::new(total) } else { ProgressBar::hidden() };
        bar.set_length(total);
        bar.set_style(style(template));
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, live }
    }

    pub fn advance(&self, by: u64) {
        self.bar.inc(by);
        let (done, total) = (self.bar.position(), self.bar.length().unwrap_or_default());
        let tenth = (total / 10).max(1);
        if !self.live && by > 0 && (done / tenth > (done - by) / tenth || done == total) {
            complain(&format!("{done} of {total}"));
        }
    }

    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// A template of ours is valid; were it not, the plain default would do.
pub fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
