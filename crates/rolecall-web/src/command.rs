//! The command that proves the same as the page.

use crate::question::Question;

/// `rolecall prove` with what is stated, for a shell of Unix.
pub(crate) fn command(question: &Question) -> String {
    let Question {
        file,
        principals,
        external_ids,
        targets,
        allow,
        parameters,
        role,
        plain_references,
        fail_on_warning,
    } = question;
    // A name that looks like an option is none behind a folder.
    let file = file.as_deref().map_or_else(
        || "policy.json".to_owned(),
        |file| match file.starts_with('-') {
            true => format!("./{file}"),
            false => file.to_owned(),
        },
    );
    let mut words = vec!["rolecall".to_owned(), "prove".to_owned(), quoted(&file)];
    let lists: [(&str, &[String]); 6] = [
        ("--principal", principals),
        ("--external-id", external_ids),
        ("--target", targets),
        ("--allow", allow),
        ("--parameter", parameters),
        ("--role", role.as_slice()),
    ];
    for (option, values) in lists {
        words.extend(values.iter().map(|value| match value.starts_with('-') {
            true => quoted(&format!("{option}={value}")),
            false => format!("{option} {}", quoted(value)),
        }));
    }
    if *plain_references {
        words.push("--plain-references".to_owned());
    }
    if *fail_on_warning {
        words.push("--fail-on warning".to_owned());
    }
    words.join(" ")
}

/// A word for the shell.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./:=@%+,".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_says_what_the_page_states() {
        assert_eq!(command(&Question::default()), "rolecall prove policy.json");
        let question = Question {
            file: Some("my plan's.json".to_owned()),
            principals: vec!["765628985471".to_owned()],
            external_ids: vec!["a".to_owned(), "-b;rm".to_owned()],
            targets: vec!["arn:aws:lambda:us-east-1:123456789012:function:f".to_owned()],
            allow: vec!["s3:PutObject=arn:aws:s3:::b/*".to_owned()],
            parameters: vec!["Env=prod $(x)".to_owned()],
            role: Some("R".to_owned()),
            plain_references: true,
            fail_on_warning: true,
        };
        assert_eq!(
            command(&question),
            r"rolecall prove 'my plan'\''s.json' --principal 765628985471 --external-id a '--external-id=-b;rm' --target arn:aws:lambda:us-east-1:123456789012:function:f --allow 's3:PutObject=arn:aws:s3:::b/*' --parameter 'Env=prod $(x)' --role R --plain-references --fail-on warning"
        );
    }
}
