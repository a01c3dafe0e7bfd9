//! The parts of the stack while they start: a live line for each on a terminal, plain lines elsewhere.

use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar};
use promptforge::console::{eprint, is_live, style};

/// The lines of all parts.
pub struct Progress {
    lines: Option<MultiProgress>,
}

impl Progress {
    pub fn new() -> Self {
        Self { lines: is_live().then(MultiProgress::new) }
    }

    /// Adds a line for a part.
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

    /// Prints a remark above the live lines.
    pub fn remark(&self, text: &str) {
        match &self.lines {
            Some(lines) => {
                let _ = lines.println(text);
            }
            None => eprint(text),
        }
    }
}

impl Drop for Progress {
    /// Clears the live lines, so that the next output begins on a line of its own.
    fn drop(&mut self) {
        if let Some(lines) = &self.lines {
            let _ = lines.clear();
        }
    }
}

/// The line of one part.
pub struct Line {
    name: &'static str,
    bar: Option<ProgressBar>,
    started: Instant,
}

impl Line {
    /// Shows the current state of the part.
    pub fn now(&self, doing: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(doing.to_owned()),
            None => eprint(&format!("{:<12} {doing}", self.name)),
        }
    }

    /// Shows that the part is ready, and the time since the line was added.
    pub fn done(&self, what: &str) {
        let text = format!("{what} ({:.1} s)", self.started.elapsed().as_secs_f32());
        match &self.bar {
            Some(bar) => {
                bar.set_style(style("{prefix:.green} {msg}"));
                bar.set_message(text);
                bar.set_prefix(format!("✓ {:<12}", self.name));
                bar.finish();
            }
            None => eprint(&format!("{:<12} {text}", self.name)),
        }
    }
}
