"""What is learned: data sets, their target, their preprocessing and the rows held out."""
