# Runs T1, T2 or T3 of the benchmark with R survey: Rscript with_r.R TASK data.csv margins.json-like.csv out.csv
suppressPackageStartupMessages(library(survey))
options(survey.lonely.psu = "fail")
args <- commandArgs(trailingOnly = TRUE)
task <- args[1]
data <- read.csv(args[2])
margins <- read.csv(args[3])
began <- proc.time()[["elapsed"]]
names_of <- paste0("y", 1:15)
design <- svydesign(ids = ~psu, strata = ~stratum, weights = ~weight, data = data)
if (task == "T2") {
  targets <- function(v) { m <- margins[margins$margin == v, ]; m$total[order(m$label)] }
  whole <- sum(targets("district"))
  population <- c(whole, targets("district")[-1], targets("sex")[-1], targets("age")[-1])
  design <- calibrate(design, ~ factor(district) + factor(sex) + factor(age), population, calfun = "raking",
                      epsilon = 1e-11, maxit = 100)
}
rows <- list()
whole_df <- degf(design)
freedom <- function(by) {
  groups <- if (length(by)) do.call(paste, c(data[by], sep = ",")) else rep("", nrow(data))
  sapply(split(seq_len(nrow(data)), groups), function(i) length(unique(data$psu[i])) - length(unique(data$stratum[i])))
}
keep <- function(indicator, grouping, label, p, se, df)
  rows[[length(rows) + 1]] <<- data.frame(indicator = indicator, grouping = grouping, label = label, p = p, se = se,
                                          df = df)
if (task == "T3") {
  replicated <- as.svrepdesign(design, type = "subbootstrap", replicates = 500)
  for (y in names_of) {
    m <- svymean(as.formula(paste0("~", y)), replicated, na.rm = TRUE)
    keep(y, "", "", coef(m)[[1]], SE(m)[[1]], whole_df)
  }
} else {
  dfs <- lapply(list(district = "district", `district,urban` = c("district", "urban"), sex = "sex", age = "age"), freedom)
  groupings <- list(~district, ~district + urban, ~sex, ~age)
  for (y in names_of) {
    f <- as.formula(paste0("~", y))
    answered <- design[!is.na(data[[y]]), ]
    m <- svymean(f, answered, na.rm = TRUE)
    keep(y, "", "", coef(m)[[1]], SE(m)[[1]], whole_df)
    for (g in groupings) {
      b <- svyby(f, g, answered, svymean, na.rm = TRUE, covmat = FALSE)
      by <- all.vars(g)
      label <- do.call(paste, c(lapply(by, function(v) b[[v]]), sep = ","))
      keep(y, paste(by, collapse = ","), label, b[[y]], SE(b), dfs[[paste(by, collapse = ",")]][label])
    }
  }
}
found <- do.call(rbind, rows)
half <- qt(0.975, found$df) * found$se / (found$p * (1 - found$p))
found$low <- plogis(qlogis(found$p) - half)
found$high <- plogis(qlogis(found$p) + half)
cat(sprintf("%.3f\n", proc.time()[["elapsed"]] - began))
write.csv(format(found, digits = 17), args[4], row.names = FALSE, quote = TRUE)
