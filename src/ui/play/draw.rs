//! One picture of the game: a title, the clock, what there is to see, and what can be pressed.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::clock::Nanos;
use crate::plain::{plain, short};
use crate::play::{Row, Table, Tone};

/// How the screen is looked at.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Look {
    /// Whether there are colours; no word is told by colour alone.
    pub coloured: bool,
    /// How many lines are scrolled away.
    pub scroll: usize,
    /// How many could be.
    most: usize,
}

impl Look {
    /// From the top.
    pub fn new(coloured: bool) -> Self {
        Self { coloured, ..Self::default() }
    }

    pub const fn up(&mut self, lines: usize) {
        self.scroll = self.scroll.saturating_sub(lines);
    }

    pub fn down(&mut self, lines: usize) {
        self.scroll = (self.scroll + lines).min(self.most);
    }
}

/// Draws the game as it is now.
pub(super) fn draw(frame: &mut Frame<'_>, table: &Table, look: &mut Look, now: Nanos) {
    let area = frame.area();
    let width = usize::from(area.width);
    let header = lines(&table.header(now), width, look.coloured);
    let prompt = lines(&[Row::new(Tone::Head, table.prompt())], width, look.coloured);
    let body = lines(&table.rows(now), width, look.coloured);
    // However low the screen is: what can be pressed and one line of the rest are there.
    let tall = |lines: &[Line<'_>]| u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let header_tall = tall(&header).min(area.height.saturating_sub(6));
    let parts = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(header_tall),
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(1),
        Constraint::Length(tall(&prompt).min(3)),
    ]);
    let [top, head, rule, middle, lower, bottom] = parts.areas(area);
    frame.render_widget(Paragraph::new(title(table, width)), top);
    frame.render_widget(Paragraph::new(header), head);
    frame.render_widget(Paragraph::new("─".repeat(width)), rule);
    look.most = body.len().saturating_sub(usize::from(middle.height));
    look.scroll = look.scroll.min(look.most);
    let seen: Vec<_> = body.into_iter().skip(look.scroll).take(usize::from(middle.height)).collect();
    frame.render_widget(Paragraph::new(seen), middle);
    frame.render_widget(Paragraph::new(lower_rule(look, width)), lower);
    frame.render_widget(Paragraph::new(prompt), bottom);
}

fn title(table: &Table, width: usize) -> Line<'static> {
    let left = format!(" firedrill play: {}", plain(&table.game.drill.metadata.title));
    let right = match table.game.speed {
        0 | 1 => String::new(),
        speed => format!("1 s counts for {speed} s "),
    };
    let free = width.saturating_sub(left.chars().count() + right.chars().count());
    let right = if free == 0 { String::new() } else { right };
    let text = format!("{left}{}{right}", " ".repeat(free));
    Line::styled(text, Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD))
}

/// Says what is above and below.
fn lower_rule(look: &Look, width: usize) -> String {
    let note = match (look.scroll > 0, look.scroll < look.most) {
        (false, false) => return "─".repeat(width),
        (false, true) => " more: ↓ ",
        (true, false) => " more: ↑ ",
        (true, true) => " more: ↑ ↓ ",
    };
    let rest = width.saturating_sub(note.chars().count() + 2);
    format!("──{note}{}", "─".repeat(rest))
}

fn lines(rows: &[Row], width: usize, coloured: bool) -> Vec<Line<'static>> {
    rows.iter().flat_map(|row| wrapped(row, width, coloured)).collect()
}

/// A row as lines of this width; what wraps stays clear of its mark.
fn wrapped(row: &Row, width: usize, coloured: bool) -> Vec<Line<'static>> {
    let text = plain(&row.text);
    let text = short(&text);
    let mark = plain(&row.mark).into_owned();
    let indent = mark.chars().count();
    let hang = if indent * 2 > width { 0 } else { indent };
    let style = style(row.tone, coloured);
    let marked = Style::new().add_modifier(Modifier::BOLD);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut begun = indent;
    let mut flush = |line: &mut String| {
        let first = lines.is_empty();
        let mark = if first { Span::styled(mark.clone(), marked) } else { Span::raw(" ".repeat(hang)) };
        lines.push(Line::from(vec![mark, Span::styled(std::mem::take(line), style)]));
    };
    for word in text.split(' ') {
        for piece in pieces(word, width.saturating_sub(hang).max(1)) {
            let wide = piece.chars().count();
            let joined = usize::from(!line.is_empty());
            if begun + line.chars().count() + joined + wide > width && !line.is_empty() {
                flush(&mut line);
                begun = hang;
            } else if joined == 1 {
                line.push(' ');
            }
            line.push_str(&piece);
        }
    }
    flush(&mut line);
    lines
}

/// A word that is too long for a line, in pieces.
fn pieces(word: &str, width: usize) -> Vec<String> {
    let chars: Vec<char> = word.chars().collect();
    if chars.is_empty() {
        return vec![String::new()];
    }
    chars.chunks(width).map(|piece| piece.iter().collect()).collect()
}

fn style(tone: Tone, coloured: bool) -> Style {
    let plain = Style::new();
    let style = match tone {
        Tone::Head | Tone::Pressing | Tone::Bad => plain.add_modifier(Modifier::BOLD),
        Tone::Faint => plain.add_modifier(Modifier::DIM),
        Tone::Plain | Tone::Good => plain,
    };
    match tone {
        Tone::Bad if coloured => style.fg(Color::Red),
        Tone::Good if coloured => style.fg(Color::Green),
        Tone::Pressing if coloured => style.fg(Color::Yellow),
        _ => style,
    }
}

#[cfg(test)]
#[path = "draw_tests.rs"]
mod tests;
