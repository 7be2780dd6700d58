"""What a replay would come to, by the code that runs today, without sending or writing anything."""
