//! Token files.

use std::path::Path;

use super::{Error, Token};

/// Longer than any token.
const MOST: usize = 64 * 1024;

/// Reads the token, without the white space around it. When it runs out is written nowhere, so it
/// is read again every few seconds.
pub(super) async fn read(path: &Path) -> Result<Token, Error> {
    let failed = |why: String| Error::File { file: path.to_owned(), why };
    let text =
        tokio::fs::read_to_string(path).await.map_err(|error| failed(format!("cannot read it: {error}")))?;
    if text.len() > MOST {
        return Err(failed("it is too large for a token".to_owned()));
    }
    Token::new(&text, None).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_token_is_what_is_between_white_space() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), " abc.def\n").unwrap();
        assert_eq!(read(file.path()).await.unwrap().header, "Bearer abc.def");
        for (content, why) in [("", "no token"), ("\n", "no token"), ("a\nb", "line breaks")] {
            std::fs::write(file.path(), content).unwrap();
            let error = read(file.path()).await.unwrap_err().to_string();
            assert!(error.contains(why) && error.contains(file.path().to_str().unwrap()), "{error}");
        }
        let gone = read(Path::new("/nowhere/token")).await.unwrap_err().to_string();
        assert!(gone.contains("/nowhere/token: cannot read it: No such file"), "{gone}");
    }
}
