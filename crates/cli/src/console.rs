//! Everything said to people. Results go to standard output; what goes on and what went wrong to
//! standard error.

use std::{
    io::{IsTerminal, Write, stderr, stdout},
    time::{Duration, Instant},
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

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

/// Several things under way: a live line each on a terminal, plain lines elsewhere.
pub struct Progress {
    lines: Option<MultiProgress>,
}

impl Progress {
    pub fn new() -> Self {
        Self { lines: is_live().then(MultiProgress::new) }
    }

    /// Begins a line.
    pub fn line(&self, name: &'static str, doing: &str) -> Line {
        let bar = self.lines.as_ref().map(|lines| {
            let bar = lines.add(ProgressBar::new_spinner());
            bar.set_style(style("{spinner:.cyan} {prefix:<12} {msg}"));
            bar.set_prefix(name);
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        let line = Line { name, bar, started: Instant::now() };
        line.now(doing);
        line
    }

    /// A remark above the live lines.
    pub fn remark(&self, text: &str) {
        match &self.lines {
            Some(lines) => {
                let _ = lines.println(text);
            }
            None => complain(text),
        }
    }
}

impl Drop for Progress {
    /// Takes the live lines away: what comes next begins on a line of its own.
    fn drop(&mut self) {
        if let Some(lines) = &self.lines {
            let _ = lines.clear();
        }
    }
}

/// One thing under way.
pub struct Line {
    name: &'static str,
    bar: Option<ProgressBar>,
    started: Instant,
}

impl Line {
    pub fn now(&self, doing: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(doing.to_owned()),
            None => complain(&format!("{:<12} {doing}", self.name)),
        }
    }

    /// It is there.
    pub fn done(&self, what: &str) {
        let text = format!("{what} ({:.1} s)", self.started.elapsed().as_secs_f32());
        match &self.bar {
            Some(bar) => {
                bar.set_style(style("{prefix:.green} {msg}"));
                bar.set_message(text);
                bar.set_prefix(format!("✓ {:<12}", self.name));
                bar.finish();
            }
            None => complain(&format!("{:<12} {text}", self.name)),
        }
    }
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
