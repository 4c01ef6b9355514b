
mod drill_commands;
mod drill_files;
