//! The language of a text.

use whatlang::Lang;

use super::cut;

/// How much of a text is read to detect its language.
const SAMPLE_CHARS: usize = 400;

/// Languages that are told apart, with their ISO 639-1 codes.
const LANGUAGES: [(Lang, &str); 70] = [
    (Lang::Epo, "eo"),
    (Lang::Eng, "en"),
    (Lang::Rus, "ru"),
    (Lang::Cmn, "zh"),
    (Lang::Spa, "es"),
    (Lang::Por, "pt"),
    (Lang::Ita, "it"),
    (Lang::Ben, "bn"),
    (Lang::Fra, "fr"),
    (Lang::Deu, "de"),
    (Lang::Ukr, "uk"),
    (Lang::Kat, "ka"),
    (Lang::Ara, "ar"),
    (Lang::Hin, "hi"),
    (Lang::Jpn, "ja"),
    (Lang::Heb, "he"),
    (Lang::Yid, "yi"),
    (Lang::Pol, "pl"),
    (Lang::Amh, "am"),
    (Lang::Jav, "jv"),
    (Lang::Kor, "ko"),
    (Lang::Nob, "nb"),
    (Lang::Dan, "da"),
    (Lang::Swe, "sv"),
    (Lang::Fin, "fi"),
    (Lang::Tur, "tr"),
    (Lang::Nld, "nl"),
    (Lang::Hun, "hu"),
    (Lang::Ces, "cs"),
    (Lang::Ell, "el"),
    (Lang::Bul, "bg"),
    (Lang::Bel, "be"),
    (Lang::Mar, "mr"),
    (Lang::Kan, "kn"),
    (Lang::Ron, "ro"),
    (Lang::Slv, "sl"),
    (Lang::Hrv, "hr"),
    (Lang::Srp, "sr"),
    (Lang::Mkd, "mk"),
    (Lang::Lit, "lt"),
    (Lang::Lav, "lv"),
    (Lang::Est, "et"),
    (Lang::Tam, "ta"),
    (Lang::Vie, "vi"),
    (Lang::Urd, "ur"),
    (Lang::Tha, "th"),
    (Lang::Guj, "gu"),
    (Lang::Uzb, "uz"),
    (Lang::Pan, "pa"),
    (Lang::Aze, "az"),
    (Lang::Ind, "id"),
    (Lang::Tel, "te"),
    (Lang::Pes, "fa"),
    (Lang::Mal, "ml"),
    (Lang::Ori, "or"),
    (Lang::Mya, "my"),
    (Lang::Nep, "ne"),
    (Lang::Sin, "si"),
    (Lang::Khm, "km"),
    (Lang::Tuk, "tk"),
    (Lang::Aka, "ak"),
    (Lang::Zul, "zu"),
    (Lang::Sna, "sn"),
    (Lang::Afr, "af"),
    (Lang::Lat, "la"),
    (Lang::Slk, "sk"),
    (Lang::Cat, "ca"),
    (Lang::Tgl, "tl"),
    (Lang::Hye, "hy"),
    (Lang::Cym, "cy"),
];

/// The likeliest language of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detected {
    /// The ISO 639-1 code.
    pub code: &'static str,
    /// Whether there is little doubt.
    pub is_sure: bool,
}

/// Detects the language of a text. It costs more than all else of indexing a short one.
pub fn detect(text: &str) -> Option<Detected> {
    let info = whatlang::detect(cut(text, SAMPLE_CHARS))?;
    let (_, code) = LANGUAGES.iter().find(|(known, _)| *known == info.lang())?;
    Some(Detected { code, is_sure: info.is_reliable() })
}

/// Returns the language of a text as an ISO 639-1 code, where there is little doubt.
pub fn detect_language(text: &str) -> Option<&'static str> {
    detect(text).filter(|language| language.is_sure).map(|language| language.code)
}

/// Returns the likeliest language of a text.
pub fn guess_language(text: &str) -> Option<&'static str> {
    detect(text).map(|language| language.code)
}

/// Returns the code of a language that texts may be detected to be in.
pub fn known_language(asked: &str) -> Option<&'static str> {
    LANGUAGES.iter().find(|(_, code)| code.eq_ignore_ascii_case(asked)).map(|(_, code)| *code)
}
