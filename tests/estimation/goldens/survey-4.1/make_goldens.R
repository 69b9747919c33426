# Makes records.json and the data beside it with Debian's r-cran-survey 4.1-1:
#   Rscript make_goldens.R OUTPUT_FOLDER
# Dots in column names become underscores; an empty field is missing. Estimates under lonely.psu = "adjust" are means and
# proportions only: totals changed after 4.1-1.
suppressPackageStartupMessages(library(survey))
out <- commandArgs(trailingOnly = TRUE)[1]
dir.create(file.path(out, "data"), showWarnings = FALSE)
data(api); data(nhanes); data(scd); data(election); data(yrbs); data(mu284)

add_big <- function(data) transform(data, big = as.numeric(enroll > 450))
apistrat <- add_big(apistrat); apiclus1 <- add_big(apiclus1); apiclus2 <- add_big(apiclus2)

number <- function(x) if (length(x) == 0 || !is.finite(x)) "null" else sprintf("%.17g", x)
text <- function(x) paste0('"', gsub('"', '\\\\"', x), '"')
texts <- function(x) paste0("[", paste(vapply(x, text, ""), collapse = ","), "]")
records <- list()

save_data <- function(name, data) {
  names(data) <- gsub("\\.", "_", names(data))
  for (v in names(data)) if (is.factor(data[[v]])) data[[v]] <- as.character(data[[v]])
  whole <- data
  for (v in names(data)) if (is.double(data[[v]])) data[[v]] <- ifelse(is.na(data[[v]]), NA, sprintf("%.17g", data[[v]]))
  connection <- gzfile(file.path(out, "data", paste0(name, ".csv.gz")), "w")
  write.csv(data, connection, row.names = FALSE, na = "")
  close(connection)
  whole
}

strat <- save_data("apistrat", apistrat[, c("stype", "api00", "api99", "enroll", "api.stu", "meals", "ell", "awards",
                                            "sch.wide", "comp.imp", "big", "pw", "fpc")])
clus1 <- save_data("apiclus1", apiclus1[, c("stype", "dnum", "api00", "api99", "enroll", "api.stu", "meals", "awards",
                                            "sch.wide", "comp.imp", "big", "pw", "fpc")])
clus2 <- save_data("apiclus2", apiclus2[, c("stype", "dnum", "snum", "api00", "api99", "enroll", "api.stu", "meals",
                                            "awards", "sch.wide", "comp.imp", "big", "pw", "fpc1", "fpc2")])
nh <- subset(nhanes, as.integer(row.names(nhanes)) %% 3 != 0)
nh <- save_data("nhanes_two_thirds", nh)
lonely <- save_data("nhanes_one_unit", subset(nh, !(SDMVSTRA %in% c(77, 81) & SDMVPSU == 2)))
scd$rate <- scd$alive / scd$arrests
scd <- save_data("scd", scd)
youth <- save_data("yrbs", yrbs[seq(1, nrow(yrbs), 6), c("weight", "stratum", "psu", "qn8")])
election_sample <- save_data("election", cbind(election_pps[, c("County", "Bush", "Kerry", "Nader", "votes", "p")],
                                               wt = 1 / election_pps$p))
mu284 <- save_data("mu284", transform(mu284, w = (n1 / 5) * (n2 / 3)))

column <- function(f) if (is.null(f)) character(0) else all.vars(f)
describe <- function(d) sprintf(
  '{"ids":%s,"strata":%s,"nest":%s,"weights":%s,"fpc":%s,"unequal":%s,"lonely_psu":%s,"adjust_domain_lonely":%s,"adjustments":%s}',
  texts(column(d$ids)), texts(column(d$strata)), tolower(isTRUE(d$nest)),
  if (is.null(d$weights)) "null" else text(all.vars(d$weights)), texts(column(d$fpc)), tolower(isTRUE(d$unequal)),
  text(if (is.null(d$lonely)) "fail" else d$lonely), tolower(isTRUE(d$domain_lonely)),
  if (is.null(d$steps)) "[]" else d$steps)

add <- function(id, suite, dataset, d, estimator, variables, domain, values, more = "") {
  shown <- paste(sprintf('"%s":%s', names(values), vapply(values, number, "")), collapse = ",")
  records[[length(records) + 1]] <<- sprintf(
    '{"id":%s,"suite":%s,"dataset":%s,"design":%s,"estimator":%s,"variables":{%s},"domain":%s,%s%s}',
    text(id), text(suite), text(paste0("data/", dataset, ".csv.gz")), describe(d), text(estimator), variables,
    if (is.null(domain)) "null" else domain$json, shown, more)
}

no_domain <- list(name = "all", keep = NULL, json = "null")
is_equal <- function(v, value) list(
  name = paste(v, value, sep = "_"), keep = function(data) !is.na(data[[v]]) & data[[v]] == value,
  json = sprintf('[{"col":%s,"op":"==","value":%s}]', text(v), if (is.numeric(value)) number(value) else text(value)))
at_least <- function(v, value) list(
  name = paste(v, "from", value, sep = "_"), keep = function(data) !is.na(data[[v]]) & data[[v]] >= value,
  json = sprintf('[{"col":%s,"op":">=","value":%s}]', text(v), number(value)))

one <- function(prefix, suite, dataset, design, d, kind, y, x = NULL, level = NULL, domain = no_domain, data = NULL) {
  part <- if (is.null(domain$keep)) design else design[domain$keep(data), ]
  f <- as.formula(if (is.null(level)) paste0("~", y) else
    if (is.numeric(level)) sprintf("~as.numeric(%s==%s)", y, level) else sprintf("~as.numeric(%s=='%s')", y, level))
  found <- switch(kind,
    mean = , prop = svymean(f, part, na.rm = TRUE, deff = TRUE),
    total = svytotal(f, part, na.rm = TRUE, deff = TRUE),
    ratio = svyratio(f, as.formula(paste0("~", x)), part, na.rm = TRUE))
  df <- degf(part)
  estimate <- as.numeric(coef(found)); se <- as.numeric(SE(found))
  half <- qt(0.975, df) * se
  low <- estimate - half; high <- estimate + half
  if (kind == "prop" && estimate > 0 && estimate < 1) {
    low <- plogis(qlogis(estimate) - half / (estimate * (1 - estimate)))
    high <- plogis(qlogis(estimate) + half / (estimate * (1 - estimate)))
  }
  values <- list(estimate = estimate, se = se, df = df, ci_low = low, ci_high = high,
                 deff = if (kind == "ratio") NA else as.numeric(deff(found)))
  variables <- sprintf('"y":%s%s%s', text(y), if (is.null(x)) "" else sprintf(',"x":%s', text(x)),
    if (is.null(level)) "" else sprintf(',"level":%s', if (is.numeric(level)) number(level) else text(level)))
  id <- paste(c(prefix, kind, y, x, level, domain$name), collapse = ".")
  add(id, suite, dataset, d, kind, variables, if (is.null(domain$keep)) NULL else domain, values)
}

make <- function(d, data) svydesign(ids = if (is.null(d$ids)) ~1 else d$ids, strata = d$strata, weights = d$weights,
                                    fpc = d$fpc, nest = isTRUE(d$nest), data = data)

# Schools: five designs, every estimator, four domains.
schools <- list(
  strat = list("apistrat", strat, list(strata = ~stype, weights = ~pw, fpc = ~fpc)),
  strat_wr = list("apistrat", strat, list(strata = ~stype, weights = ~pw)),
  clus1 = list("apiclus1", clus1, list(ids = ~dnum, weights = ~pw, fpc = ~fpc)),
  clus2 = list("apiclus2", clus2, list(ids = ~dnum + snum, weights = ~pw, fpc = ~fpc1 + fpc2)),
  clus2_wr = list("apiclus2", clus2, list(ids = ~dnum, weights = ~pw)))
for (name in names(schools)) {
  s <- schools[[name]]; design <- make(s[[3]], s[[2]])
  for (domain in list(no_domain, is_equal("awards", "Yes"), at_least("meals", 50), is_equal("stype", "E"))) {
    run <- function(...) one(name, "taylor", s[[1]], design, s[[3]], ..., domain = domain, data = s[[2]])
    run("mean", "api00"); run("mean", "enroll"); run("total", "api_stu"); run("prop", "big", level = 1)
    run("ratio", "api_stu", "enroll")
  }
}

# Health and youth surveys with nested codes and missing answers.
d <- list(ids = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE)
design <- make(d, nh)
for (domain in list(no_domain, is_equal("RIAGENDR", 1), is_equal("race", 2), is_equal("agecat", "(0,19]"))) {
  one("nhanes23", "taylor", "nhanes_two_thirds", design, d, "prop", "HI_CHOL", level = 1, domain = domain, data = nh)
  one("nhanes23", "taylor", "nhanes_two_thirds", design, d, "total", "HI_CHOL", domain = domain, data = nh)
}
d <- list(ids = ~psu, strata = ~stratum, weights = ~weight, nest = TRUE)
design <- make(d, youth)
for (level in 1:2) one("yrbs6", "taylor", "yrbs", design, d, "prop", "qn8", level = level)
d <- list(ids = ~ambulance, strata = ~ESA, nest = TRUE)
design <- svydesign(ids = ~ambulance, strata = ~ESA, nest = TRUE, weights = rep(1, nrow(scd)), data = scd)
for (k in c("mean", "total")) for (v in c("arrests", "alive")) one("scd", "taylor", "scd", design, d, k, v)
one("scd", "taylor", "scd", design, d, "ratio", "alive", "arrests")
d <- list(ids = ~id1 + id2, weights = ~w, fpc = ~n1 + n2)
design <- make(d, mu284)
one("mu284", "taylor", "mu284", design, d, "total", "y1"); one("mu284", "taylor", "mu284", design, d, "mean", "y1")

# Three stages, strata at the first two, population counts at all three.
three_stages <- function(seed) {
  set.seed(seed)
  rows <- list()
  for (h in 1:sample(1:3, 1)) { n1 <- sample(2:4, 1); N1 <- n1 + sample(0:5, 1)
    for (i in 1:n1) for (g in 1:sample(1:2, 1)) { n2 <- sample(2:3, 1); N2 <- n2 + sample(0:4, 1)
      for (j in 1:n2) { n3 <- sample(2:3, 1); N3 <- n3 + sample(0:3, 1)
        rows[[length(rows) + 1]] <- data.frame(h = h, i = i, N1 = N1, g = g, j = j, N2 = N2, e = 1:n3, N3 = N3,
          w = round(runif(n3, 1, 9), 3), y = round(rnorm(n3, 10, 4), 3), x = round(runif(n3, 1, 5), 3),
          d = as.numeric(runif(n3) < 0.6)) } } }
  do.call(rbind, rows)
}
for (seed in 1:5) {
  name <- paste0("three_stages_", seed)
  made <- save_data(name, three_stages(seed))
  d <- list(ids = ~i + j + e, strata = ~h + g, weights = ~w, fpc = ~N1 + N2 + N3, nest = TRUE)
  design <- make(d, made)
  for (domain in list(no_domain, is_equal("d", 1))) {
    run <- function(...) one(name, "taylor", name, design, d, ..., domain = domain, data = made)
    run("mean", "y"); run("total", "y"); run("ratio", "y", "x")
  }
}

# Strata with one unit.
for (rule in c("remove", "certainty", "average", "adjust")) {
  options(survey.lonely.psu = rule)
  d <- list(ids = ~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, lonely = rule)
  design <- make(d, lonely)
  for (domain in list(no_domain, is_equal("RIAGENDR", 2), is_equal("race", 3))) {
    one(paste0("one_unit.", rule), "lonely", "nhanes_one_unit", design, d, "prop", "HI_CHOL", level = 1,
        domain = domain, data = lonely)
    if (rule != "adjust") one(paste0("one_unit.", rule), "lonely", "nhanes_one_unit", design, d, "total", "HI_CHOL",
                              domain = domain, data = lonely)
  }
}
options(survey.lonely.psu = "adjust", survey.adjust.domain.lonely = TRUE)
few <- at_least("meals", 88)
d <- list(strata = ~stype, weights = ~pw, fpc = ~fpc, lonely = "adjust", domain_lonely = TRUE)
one("one_in_domain", "lonely", "apistrat", make(d, strat), d, "mean", "api00", domain = few, data = strat)
options(survey.lonely.psu = "fail", survey.adjust.domain.lonely = FALSE)

# Unequal probabilities without replacement: Brewer's approximation.
d <- list(weights = ~wt, fpc = ~p, unequal = TRUE)
design <- svydesign(ids = ~1, fpc = ~p, data = election_sample, pps = "brewer")
for (v in c("Bush", "Kerry", "Nader")) one("election.brewer", "taylor", "election", design, d, "total", v)
one("election.brewer", "taylor", "election", design, d, "ratio", "Bush", "votes")
one("election.brewer", "taylor", "election", design, d, "mean", "Kerry", domain = at_least("votes", 100000),
    data = election_sample)

# Calibration on school types and last year's score.
totals <- c(`(Intercept)` = 6194, stypeH = 755, stypeM = 1018, api99 = 3914069)
shown_totals <- '{"(Intercept)":6194,"stypeH":755,"stypeM":1018,"api99":3914069}'
names_json <- '["(Intercept)","stypeH","stypeM","api99"]'
step <- function(how, bounds = "null") sprintf(
  '[{"type":"calibrate","calfun":"%s","bounds":%s,"aux_names":%s,"totals":%s}]', how, bounds, names_json, shown_totals)
post <- '[{"type":"poststratify","by":["stype"],"totals":{"E":4421,"H":755,"M":1018}}]'
types <- data.frame(stype = c("E", "H", "M"), Freq = c(4421, 755, 1018))
for (name in c("clus1", "clus2", "strat")) {
  s <- schools[[name]]; base <- make(s[[3]], s[[2]])
  made <- list(linear = list(calibrate(base, ~stype + api99, totals), step("linear")),
               raking = list(calibrate(base, ~stype + api99, totals, calfun = "raking", epsilon = 1e-12, maxit = 200),
                             step("raking")))
  if (name == "clus1") made$logit <- list(
    calibrate(base, ~stype + api99, totals, calfun = "logit", bounds = c(0.4, 3), epsilon = 1e-12, maxit = 200),
    step("logit", "[0.4,3]"))
  if (name != "strat") made$post <- list(postStratify(base, ~stype, types), post)
  for (how in names(made)) {
    d <- c(s[[3]], list(steps = made[[how]][[2]]))
    prefix <- paste(name, how, sep = "_")
    for (domain in list(no_domain, is_equal("awards", "Yes"))) {
      run <- function(...) one(prefix, "calibration", s[[1]], made[[how]][[1]], d, ..., domain = domain, data = s[[2]])
      run("mean", "api00"); run("total", "enroll"); run("prop", "big", level = 1); run("ratio", "api_stu", "enroll")
    }
  }
}

# Quantiles.
for (name in c("strat", "clus1", "clus2")) {
  s <- schools[[name]]; design <- make(s[[3]], s[[2]])
  for (p in c(0.1, 0.5, 0.75)) for (rule in c("math", "hf7")) {
    q <- svyquantile(~api00, design, p, interval.type = "mean", qrule = rule)
    add(paste(name, "quantile", p, rule, sep = "."), "quantile", s[[1]], s[[3]], "quantile", '"y":"api00"', NULL,
        list(estimate = q[[1]][1, "quantile"], se = q[[1]][1, "se"], ci_low = q[[1]][1, "ci.2.5"],
             ci_high = q[[1]][1, "ci.97.5"], df = degf(design), p = p),
        sprintf(',"qrule":%s,"interval_type":"mean"', text(rule)))
  }
}

# Intervals of proportions.
for (name in names(schools)) {
  s <- schools[[name]]; design <- make(s[[3]], s[[2]])
  for (method in c("logit", "beta", "mean", "asin", "xlogit")) {
    p <- svyciprop(~I(comp_imp == "Yes"), design, method = method)
    add(paste(name, "interval", method, sep = "."), "interval", s[[1]], s[[3]], "prop", '"y":"comp_imp","level":"Yes"',
        NULL, list(estimate = as.numeric(p), ci_low = attr(p, "ci")[[1]], ci_high = attr(p, "ci")[[2]],
                   df = degf(design)), sprintf(',"ci_method":%s', text(method)))
  }
}

# Tests of independence.
for (name in names(schools)) {
  s <- schools[[name]]; design <- make(s[[3]], s[[2]])
  for (kind in c("F", "Chisq", "Wald")) {
    t <- svychisq(~sch_wide + comp_imp, design, statistic = kind)
    add(paste(name, "independence", kind, sep = "."), "tests", s[[1]], s[[3]], "chisq",
        '"rows":"sch_wide","cols":"comp_imp"', NULL, list(statistic = t$statistic[[1]], p_value = t$p.value[[1]]),
        sprintf(',"statistic_type":%s', text(kind)))
  }
}

# Differences between groups, and jackknife replicates.
for (name in names(schools)) {
  s <- schools[[name]]; design <- make(s[[3]], s[[2]])
  by <- svyby(~api00, ~stype, design, svymean, covmat = TRUE)
  for (other in c("H", "M")) {
    weights <- setNames(c(1, -1), c("E", other))
    found <- svycontrast(by, weights)
    add(paste(name, "difference.E", other, sep = "."), "difference", s[[1]], s[[3]], "domain_difference",
        sprintf('"y":"api00","by":"stype","level_a":"E","level_b":"%s"', other), NULL,
        list(estimate = coef(found)[[1]], se = SE(found)[[1]]))
  }
  if (grepl("wr", name) || name == "clus1") {
    jackknife <- as.svrepdesign(design, type = if (is.null(s[[3]]$strata)) "JK1" else "JKn")
    for (k in c("mean", "total")) {
      f <- if (k == "mean") svymean(~api00, jackknife) else svytotal(~api00, jackknife)
      add(paste(name, "jackknife", k, sep = "."), "jackknife", s[[1]], s[[3]], k, '"y":"api00"', NULL,
          list(estimate = coef(f)[[1]], se = SE(f)[[1]]))
    }
  }
}

writeLines(c("[", paste(unlist(records), collapse = ",\n"), "]"), file.path(out, "records.json"))
cat(length(records), "records, survey", as.character(packageVersion("survey")), "\n")
