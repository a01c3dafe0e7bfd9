//! Rules for texts, counted in characters without the white space around them.

/// `min` to `max` characters.
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

/// A prompt's content: 10 to 100,000 characters. It is kept as it was given, so white space around
/// it counts towards the most, but not towards the least.
pub fn content(value: &str, (): &()) -> garde::Result {
    const MAX: usize = 100_000;
    text(10, MAX)(value, &())?;
    match value.chars().count() {
        length if length > MAX => {
            Err(garde::Error::new(format!("must have at most {MAX} characters, has {length}")))
        }
        _ => Ok(()),
    }
}

/// A short name such as a category: 1 to 50 characters, on one line.
pub fn name(value: &str, (): &()) -> garde::Result {
    if value.chars().any(char::is_control) {
        return Err(garde::Error::new("must not have line breaks or control characters"));
    }
    text(1, 50)(value, &())
}

/// At most 10 tags, each a [`name`].
pub fn tags(value: &[String], (): &()) -> garde::Result {
    if value.len() > 10 {
        return Err(garde::Error::new(format!("must be at most 10, are {}", value.len())));
    }
    value.iter().enumerate().try_for_each(|(i, tag)| {
        name(tag, &()).map_err(|error| garde::Error::new(format!("tag {}: {error}", i + 1)))
    })
}

/// As [`tags`], when given.
pub fn optional_tags(value: &Option<Vec<String>>, (): &()) -> garde::Result {
    value.as_deref().map_or(Ok(()), |value| tags(value, &()))
}
