# Recomputes the published shares from the microdata of this folder and stops when one of them differs.
# Run it where the files lie: Rscript reproduce.R
suppressMessages(library(survey))
options(survey.lonely.psu = "adjust")

published <- read.csv("published.csv")
record <- readLines("record.json")
calibrated <- any(grepl('"calibrated": true', record, fixed = TRUE))

worst <- c(estimate = 0, se = 0)
for (file in unique(published$file)) {
  data <- read.csv(paste0(file, ".csv"), colClasses = c(stratum = "character", area = "character", unit = "character"))
  design <- svydesign(ids = ~area, strata = ~stratum, weights = ~weight, data = data, nest = TRUE)
  wanted <- published[published$file == file, ]
  for (row in seq_len(nrow(wanted))) {
    name <- wanted$variable[row]
    part <- subset(design, !is.na(data[[name]]))
    found <- svymean(as.formula(paste0("~", name)), part)
    estimate <- 100 * coef(found)[[1]]
    error <- 100 * SE(found)[[1]]
    cases <- sum(!is.na(data[[name]]))
    cat(sprintf("%-11s %-28s %8.3f (%.3f) n = %d\n", file, name, estimate, error, cases))
    if (cases != wanted$n[row]) stop(name, ": ", cases, " cases where ", wanted$n[row], " were published")
    worst["estimate"] <- max(worst["estimate"], abs(estimate - wanted$estimate[row]))
    if (estimate > 0 && estimate < 100) worst["se"] <- max(worst["se"], abs(error - wanted$se[row]))
  }
}
cat(sprintf("greatest difference: estimate %.2e, standard error %.2e\n", worst["estimate"], worst["se"]))
if (worst["estimate"] > 1e-6) stop("an estimate differs from the published one")
if (!calibrated && worst["se"] > 1e-6) stop("a standard error differs from the published one")
cat("every published share is reproduced\n")
