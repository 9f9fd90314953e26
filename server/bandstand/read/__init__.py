"""Asset, window and level to an array on the file's own grid."""
