module millrace/flvload

go 1.19
