mod binaries;
