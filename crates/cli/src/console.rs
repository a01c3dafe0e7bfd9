//! Output to people: results on standard output, progress and errors on standard error.

use std::{
    io::{IsTerminal, Write, stderr, stdout},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

/// Prints a result. A closed pipe is no reason to fail.
pub fn print(text: &str) {
    let _ = writeln!(stdout(), "{text}");
}

/// Prints a remark or an error.
pub fn eprint(text: &str) {
    let _ = writeln!(stderr(), "{text}");
}

/// Tells whether standard error can show live lines.
pub fn is_live() -> bool {
    stderr().is_terminal()
}

/// A progress bar: live on a terminal, a line for each tenth elsewhere.
pub struct Bar {
    bar: ProgressBar,
    live: bool,
}

impl Bar {
    /// Shows a bar in the style of an indicatif `template`.
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
            eprint(&format!("{done} of {total}"));
        }
    }

    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// Returns the style of a template; the plain default if the template is not valid.
pub fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
