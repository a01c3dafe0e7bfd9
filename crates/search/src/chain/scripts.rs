//! Scripts, as far as words of them are treated differently.

/// A script, or several whose words are treated alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Script {
    Latin,
    Cyrillic,
    Greek,
    Arabic,
    Hebrew,
    Devanagari,
    /// Korean: words have spaces between them, and particles at their ends.
    Hangul,
    /// Chinese and Japanese: without spaces, a character is about a syllable or a word.
    Ideographic,
    /// Thai, Lao, Khmer and Burmese: without spaces, a character is a sound.
    Southeast,
    Emoji,
    Other,
}

impl Script {
    /// Returns whether words are written without spaces between them.
    pub fn is_unspaced(self) -> bool {
        matches!(self, Self::Ideographic | Self::Southeast)
    }
}

/// Returns a character's script.
pub fn script_of(c: char) -> Script {
    match c as u32 {
        0x41..=0x5a | 0x61..=0x7a | 0xaa | 0xba | 0xc0..=0x24f | 0x1e00..=0x1eff => Script::Latin,
        0xff21..=0xff3a | 0xff41..=0xff5a | 0xfb00..=0xfb06 => Script::Latin,
        0x370..=0x3ff | 0x1f00..=0x1fff => Script::Greek,
        0x400..=0x52f | 0x1c80..=0x1c8f | 0x2de0..=0x2dff | 0xa640..=0xa69f => Script::Cyrillic,
        0x591..=0x5f4 | 0xfb1d..=0xfb4f => Script::Hebrew,
        0x600..=0x6ff | 0x750..=0x77f | 0x8a0..=0x8ff | 0xfb50..=0xfdff | 0xfe70..=0xfefc => {
            Script::Arabic
        }
        0x900..=0x97f => Script::Devanagari,
        0xe00..=0xeff | 0x1000..=0x109f | 0x1780..=0x17ff => Script::Southeast,
        0x1100..=0x11ff | 0x3130..=0x318f | 0xa960..=0xa97f | 0xac00..=0xd7ff => Script::Hangul,
        0x2e80..=0x2fdf
        | 0x3005..=0x3007
        | 0x3021..=0x3029
        | 0x3041..=0x3096
        | 0x3099..=0x309f
        | 0x30a1..=0x30fa
        | 0x30fc..=0x30ff
        | 0x3105..=0x312f
        | 0x31f0..=0x31ff
        | 0x3400..=0x4dbf
        | 0x4e00..=0x9fff
        | 0xf900..=0xfaff
        | 0xff66..=0xff9f
        | 0x20000..=0x323af => Script::Ideographic,
        0x231a..=0x231b
        | 0x23e9..=0x23fa
        | 0x2600..=0x27bf
        | 0x2b05..=0x2b07
        | 0x2b1b..=0x2b1c
        | 0x2b50
        | 0x2b55
        | 0x1f000..=0x1f3fa
        | 0x1f400..=0x1faff => Script::Emoji,
        _ => Script::Other,
    }
}

/// Returns whether a character of a script without spaces is a particle in most places. Pairs with one
/// say little, so that they are not required.
pub fn is_particle(c: char) -> bool {
    "のはがをにでともへやかなてしたすいるれさっ的了是在和我你请一个と".contains(c)
}
