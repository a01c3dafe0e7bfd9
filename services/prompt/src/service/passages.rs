//! The passages of prompts that match a search, as HTML.

use std::collections::HashMap;

use ids::PromptId;
use search::Highlighter;

use crate::{domain::Prompt, error::ServiceError, state::AppState};

/// Characters in a passage.
const PASSAGE_CHARS: usize = 240;

/// Bytes of the texts of one page from which they are searched on a blocking thread.
const LONG_BYTES: usize = 16 * 1024;

/// The texts of a prompt in which its passage is searched for: what the caller may read now, whatever was
/// indexed.
struct Texts {
    of: PromptId,
    texts: [String; 3],
}

impl Texts {
    /// Takes out the beginning of the content, and copies the rest.
    fn take(prompt: &mut Prompt) -> Self {
        let content = prompt.content.take();
        let texts = [
            prompt.description.clone().unwrap_or_default(),
            content.unwrap_or_else(|| prompt.content_preview.clone()),
            prompt.title.clone(),
        ];
        Self { of: prompt.id, texts }
    }

    /// Returns the passage with most of the words; without any, the beginning of the first text.
    fn passage(&self, highlighter: &Highlighter) -> String {
        let texts = self.texts.each_ref().map(String::as_str);
        highlighter.passage(&texts, PASSAGE_CHARS).unwrap_or_else(|| {
            let first = texts.into_iter().find(|text| !text.is_empty());
            first.map(beginning).unwrap_or_default()
        })
    }

    fn bytes(&self) -> usize {
        self.texts.iter().map(String::len).sum()
    }
}

/// Finds the passage of each prompt, and takes their contents.
pub async fn find_passages(
    state: &AppState,
    prompts: &mut [Prompt],
    highlighter: Highlighter,
) -> Result<HashMap<PromptId, String>, ServiceError> {
    let texts: Vec<_> = prompts.iter_mut().map(Texts::take).collect();
    let bytes: usize = texts.iter().map(Texts::bytes).sum();
    let find = move || texts.iter().map(|text| (text.of, text.passage(&highlighter))).collect();
    match bytes < LONG_BYTES {
        true => Ok(find()),
        false => Ok(state.text_limit.run(find).await?),
    }
}

/// Returns the beginning of a text as HTML.
fn beginning(text: &str) -> String {
    let mut html = String::with_capacity(2 * PASSAGE_CHARS);
    for c in text.chars().take(PASSAGE_CHARS) {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
    if text.chars().nth(PASSAGE_CHARS).is_some() {
        html.push('…');
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_has_no_markup_and_says_where_it_was_cut() {
        assert_eq!(beginning("<b> & \"it's\""), "&lt;b&gt; &amp; &quot;it&#39;s&quot;");
        let long = "好".repeat(300);
        assert_eq!(beginning(&long), format!("{}…", "好".repeat(PASSAGE_CHARS)));
    }
}
