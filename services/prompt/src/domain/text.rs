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
