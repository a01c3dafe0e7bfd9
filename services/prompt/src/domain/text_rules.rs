//! Rules for texts, whose length is counted in characters without the white space around them.

use http_kit::text as rules;

/// Requires `min` to `max` characters.
pub fn text(min: usize, max: usize) -> impl Fn(&str, &()) -> garde::Result {
    move |value, ()| {
        let length = value.trim().chars().count();
        if (min..=max).contains(&length) {
            Ok(())
        } else {
            Err(garde::Error::new(format!("must have {min} to {max} characters, has {length}")))
        }
    }
}

/// Requires what [`text`] does, on one line, and something visible unless it is empty: for a title, a
/// name, a note.
pub fn line(min: usize, max: usize) -> impl Fn(&str, &()) -> garde::Result {
    move |value, ()| {
        rules::one_line(value.trim(), &())?;
        rules::visible_or_empty(value, &())?;
        text(min, max)(value, &())
    }
}

/// Requires what [`line()`] does, on any number of lines: for a description, a comment.
pub fn lines(min: usize, max: usize) -> impl Fn(&str, &()) -> garde::Result {
    move |value, ()| {
        rules::several_lines(value, &())?;
        rules::visible_or_empty(value, &())?;
        text(min, max)(value, &())
    }
}

/// Requires 10 to 100,000 characters, for a prompt's content. It is stored as it was given, so white
/// space around it counts towards the maximum, but not towards the minimum.
pub fn content(value: &str, (): &()) -> garde::Result {
    const MAX: usize = 100_000;
    rules::visible_or_empty(value, &())?;
    text(10, MAX)(value, &())?;
    match value.chars().count() {
        length if length > MAX => {
            Err(garde::Error::new(format!("must have at most {MAX} characters, has {length}")))
        }
        _ => Ok(()),
    }
}

/// Requires 1 to 50 characters on one line, for a short name such as a category.
pub fn name(value: &str, (): &()) -> garde::Result {
    line(1, 50)(value, &())
}

/// Requires at most 10 tags, each a [`name`].
pub fn tags(value: &[String], (): &()) -> garde::Result {
    if value.len() > 10 {
        return Err(garde::Error::new(format!("must be at most 10, are {}", value.len())));
    }
    value.iter().enumerate().try_for_each(|(i, tag)| {
        name(tag, &()).map_err(|error| garde::Error::new(format!("tag {}: {error}", i + 1)))
    })
}

/// Requires what [`tags`] does, if there are any.
pub fn optional_tags(value: &Option<Vec<String>>, (): &()) -> garde::Result {
    value.as_deref().map_or(Ok(()), |value| tags(value, &()))
}
