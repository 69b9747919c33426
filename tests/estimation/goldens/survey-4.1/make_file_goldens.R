# Makes file_records.json and the data it needs beyond data/, with Debian's r-cran-survey 4.1-1, for `survey estimate file`:
#   Rscript make_file_goldens.R OUTPUT_FOLDER
# One record holds the arguments of our command, the R code, and the rows that R gives in the order of our output.
suppressPackageStartupMessages(library(survey))
out <- commandArgs(trailingOnly = TRUE)[1]
read <- function(name) read.csv(gzfile(file.path(out, "data", paste0(name, ".csv.gz"))))
data(hospital); data(election); data(scd)
tight <- list(epsilon = 1e-13, maxit = 200)

text <- function(x) paste0('"', gsub('"', '\\\\"', gsub("\\\\", "\\\\\\\\", x)), '"')
number <- function(x) if (length(x) == 0 || !is.finite(x)) "null" else sprintf("%.17g", x)
texts <- function(x) paste0("[", paste(vapply(as.character(x), text, ""), collapse = ","), "]")
records <- list()

save_data <- function(name, data) {
  names(data) <- gsub("\\.", "_", names(data))
  for (v in names(data)) if (is.double(data[[v]])) data[[v]] <- ifelse(is.na(data[[v]]), NA, sprintf("%.17g", data[[v]]))
  connection <- gzfile(file.path(out, "data", paste0(name, ".csv.gz")), "w")
  write.csv(data, connection, row.names = FALSE, na = "")
  close(connection)
  read(name)
}

# A row is a named vector of numbers; several rows are a list of them.
rec <- function(id, dataset, args, code, margins = NULL) {
  expression <- substitute(code)
  rows <- code
  if (!is.list(rows)) rows <- list(rows)
  shown <- vapply(rows, function(r) paste0("{", paste(sprintf('"%s":%s', names(r), vapply(r, number, "")),
                                                        collapse = ","), "}"), "")
  lines <- if (is.null(margins)) "[]" else
    paste0("[", paste(apply(margins, 1, texts), collapse = ","), "]")
  records[[length(records) + 1]] <<- sprintf('{"id":%s,"dataset":%s,"args":%s,"margins":%s,"r":%s,"rows":[%s]}',
    text(id), text(paste0("data/", dataset, ".csv.gz")), texts(args), lines,
    text(gsub("\\s+", " ", paste(deparse(expression, width.cutoff = 500), collapse = " "))),
    paste(shown, collapse = ","))
}
opt <- function(...) { given <- c(...); as.vector(rbind(paste0("--", names(given)), given)) }
figure <- function(f, df = NULL) {
  est <- as.numeric(coef(f)); se <- as.numeric(SE(f))
  if (is.null(df)) lapply(seq_along(est), function(k) c(estimate = est[k], se = se[k])) else
    lapply(seq_along(est), function(k) c(estimate = est[k], se = se[k], df = df,
                                         ci_low = est[k] - qt(.975, df) * se[k], ci_high = est[k] + qt(.975, df) * se[k]))
}
one <- function(f, df = NULL) figure(f, df)[[1]]

strat <- read("apistrat"); clus1 <- read("apiclus1"); clus2 <- read("apiclus2"); mu <- read("mu284")
nh <- read("nhanes_two_thirds"); elect <- read("election")
designs <- list(
  strat = list("apistrat", svydesign(~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = strat),
               opt(strata = "stype", weight = "pw", fpc = "fpc")),
  clus1 = list("apiclus1", svydesign(~dnum, weights = ~pw, fpc = ~fpc, data = clus1),
               opt(psu = "dnum", weight = "pw", fpc = "fpc")),
  clus2 = list("apiclus2", svydesign(~dnum + snum, weights = ~pw, fpc = ~fpc1 + fpc2, data = clus2),
               opt(psu = "dnum,snum", weight = "pw", fpc = "fpc1,fpc2")),
  nhanes = list("nhanes_two_thirds", svydesign(~SDMVPSU, strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, data = nh),
                c(opt(strata = "SDMVSTRA", psu = "SDMVPSU", weight = "WTMEC2YR"), "--nest")))

# Textbook data: two stages with population counts, hospitals, unequal probabilities.
md <- svydesign(~id1 + id2, weights = ~w, fpc = ~n1 + n2, data = mu)
mo <- opt(psu = "id1,id2", weight = "w", fpc = "n1,n2")
rec("mu284.total", "mu284", c(mo, opt(kind = "total", y = "y1")), one(svytotal(~y1, md), degf(md)))
rec("mu284.mean", "mu284", c(mo, opt(kind = "mean", y = "y1")), one(svymean(~y1, md), degf(md)))
h <- save_data("hospital", hospital)
hd <- svydesign(~1, strata = ~oblevel, fpc = ~tothosp, weights = ~weighta, data = h)
ho <- opt(strata = "oblevel", weight = "weighta", fpc = "tothosp")
rec("hospital.total", "hospital", c(ho, opt(kind = "total", y = "births")), one(svytotal(~births, hd), degf(hd)))
rec("hospital.mean", "hospital", c(ho, opt(kind = "mean", y = "births")), one(svymean(~births, hd), degf(hd)))
rec("hospital.by", "hospital", c(opt(weight = "weighta", kind = "mean", y = "births", by = "oblevel")),
    figure(svyby(~births, ~oblevel, svydesign(~1, weights = ~weighta, data = h), svymean)))
jp <- election_jointprob
write.table(format(jp, digits = 17), gzfile(file.path(out, "data", "election_joint.csv.gz")), sep = ",", quote = FALSE,
            row.names = FALSE, col.names = FALSE)
for (v in c("Bush", "Kerry", "Nader")) {
  f <- as.formula(paste0("~", v))
  rec(paste0("election.brewer.", v), "election", opt(fpc = "p", pps = "brewer", weight = "wt", kind = "total", y = v),
      one(svytotal(f, svydesign(~1, fpc = ~p, data = elect, pps = "brewer"))))
  rec(paste0("election.hr.", v), "election", opt(fpc = "p", pps = "hartley-rao", weight = "wt", kind = "total", y = v),
      one(svytotal(f, svydesign(~1, fpc = ~p, data = elect, pps = HR(), variance = "YG"))))
  for (form in c("YG", "HT"))
    rec(paste0("election.joint.", form, ".", v), "election",
        opt(weight = "wt", pps = c(YG = "yates-grundy", HT = "horvitz-thompson")[[form]], joint = "{data}/election_joint.csv.gz",
            kind = "total", y = v),
        one(svytotal(f, svydesign(~1, fpc = ~p, data = elect, pps = ppsmat(jp), variance = form))))
  rec(paste0("election.wr.", v), "election", opt(weight = "wt", kind = "total", y = v),
      one(svytotal(f, svydesign(~1, weights = ~wt, data = elect))))
}

# Replicates that we make: jackknife, balanced, Fay.
for (name in c("strat", "clus1")) {
  d <- designs[[name]]
  jk <- as.svrepdesign(d[[2]], type = if (name == "clus1") "JK1" else "JKn")
  args <- c(d[[3]], opt(variance = "jackknife"))
  rec(paste0(name, ".jk.mean"), d[[1]], c(args, opt(kind = "mean", y = "api00")), one(svymean(~api00, jk), degf(jk)))
  rec(paste0(name, ".jk.total"), d[[1]], c(args, opt(kind = "total", y = "enroll")), one(svytotal(~enroll, jk), degf(jk)))
  rec(paste0(name, ".jk.ratio"), d[[1]], c(args, opt(kind = "ratio", y = "api_stu", over = "enroll")),
      one(svyratio(~api_stu, ~enroll, jk)))
  rec(paste0(name, ".jk.by"), d[[1]], c(args, opt(kind = "mean", y = "enroll", by = "awards")),
      figure(svyby(~enroll, ~awards, jk, svymean)))
  rec(paste0(name, ".jk.compare"), d[[1]], c(args, opt(kind = "mean", y = "api00", compare = "stype")),
      { by <- svyby(~api00, ~stype, jk, svymean, covmat = TRUE)
        L <- rbind(c(-1, 1, 0), c(-1, 0, 1)); gap <- L %*% coef(by)
        F <- sum(gap * solve(L %*% vcov(by) %*% t(L), gap)) / 2
        c(lapply(c("H", "M"), function(l) one(svycontrast(by, setNames(c(-1, 1), c("E", l))))),
          list(c(statistic = F, numerator_df = 2, denominator_df = degf(jk),
                 p_value = pf(F, 2, degf(jk), lower.tail = FALSE)))) })
}
# A balanced set of half-samples is not unique: only linear estimates agree with R's to the last digit.
scd$ESA <- as.character(scd$ESA)
s <- save_data("scd_reps", cbind(scd, rep1 = c(2, 0, 2, 0, 2, 0), rep2 = c(2, 0, 0, 2, 0, 2), rep3 = c(0, 2, 2, 0, 0, 2),
                                 rep4 = c(0, 2, 0, 2, 2, 0)))
sd <- svydesign(~ambulance, strata = ~ESA, nest = TRUE, weights = rep(1, nrow(s)), data = s)
so <- c(opt(strata = "ESA", psu = "ambulance"), "--nest")
for (v in c("arrests", "alive")) {
  f <- as.formula(paste0("~", v))
  rec(paste0("scd.brr.", v), "scd_reps", c(so, opt(variance = "balanced", kind = "total", y = v)),
      one(svytotal(f, as.svrepdesign(sd, type = "BRR"))))
  rec(paste0("scd.fay.", v), "scd_reps", c(so, opt(variance = "fay", rho = "0.3", kind = "total", y = v)),
      one(svytotal(f, as.svrepdesign(sd, type = "Fay", fay.rho = 0.3))))
}
# Replicate weights from elsewhere: factors, finished weights, scales, centred at the estimate.
given <- svrepdesign(data = s, repweights = "rep[1-4]", type = "BRR", weights = rep(1, 6), combined.weights = FALSE)
go <- c(opt(variance = "given", "replicate-weights" = "rep*", scale = "0.25"), "--replicate-factors")
rec("scd.given.ratio", "scd_reps", c(go, opt(kind = "ratio", y = "alive", over = "arrests")),
    one(svyratio(~alive, ~arrests, given)))
rec("scd.given.total", "scd_reps", c(go, opt(kind = "total", y = "alive")), one(svytotal(~alive, given), degf(given)))
set.seed(128)
boot <- as.svrepdesign(designs$clus1[[2]], type = "subbootstrap", replicates = 24)
b <- save_data("apiclus1_boot", cbind(clus1, setNames(as.data.frame(weights(boot, "analysis")), paste0("boot", 1:24))))
bd <- svrepdesign(data = b, repweights = "boot[0-9]+", weights = ~pw, type = "other", scale = 1 / 23, rscales = rep(1, 24),
                  combined.weights = TRUE)
be <- svrepdesign(data = b, repweights = "boot[0-9]+", weights = ~pw, type = "other", scale = 0.5, rscales = 0.1,
                  combined.weights = TRUE, mse = TRUE)
bo <- opt(weight = "pw", variance = "given", "replicate-weights" = "boot*", scale = sprintf("%.17g", 1 / 23))
rec("boot.mean", "apiclus1_boot", c(bo, opt(kind = "mean", y = "api00")), one(svymean(~api00, bd), degf(bd)))
rec("boot.ratio", "apiclus1_boot", c(bo, opt(kind = "ratio", y = "api_stu", over = "enroll")),
    one(svyratio(~api_stu, ~enroll, bd)))
rec("boot.mse", "apiclus1_boot", c(opt(weight = "pw", variance = "given", "replicate-weights" = "boot*", scale = "0.5",
                                       rscales = "0.1"), "--mse", opt(kind = "mean", y = "api00")),
    one(svymean(~api00, be), degf(be)))
for (p in c(0.25, 0.5, 0.8)) for (rule in c("math", "hf7"))
  for (set in list(list("boot", "apiclus1_boot", bd, bo),
                   list("jk1", "apiclus1", as.svrepdesign(designs$clus1[[2]]), c(designs$clus1[[3]], opt(variance = "jackknife")))))
    for (how in c("quantile", "mean"))
      rec(paste(set[[1]], "quantile", p, rule, how, sep = "."), set[[2]],
          c(set[[4]], opt(kind = "quantile", y = "api00", p = p, "quantile-rule" = rule,
                          "quantile-interval" = if (how == "mean") "mean" else "replicates")),
          { q <- svyquantile(~api00, set[[3]], p, interval.type = how, qrule = rule)[[1]]
            c(estimate = q[1, 1], se = q[1, 4], ci_low = q[1, 2], ci_high = q[1, 3]) })
# No score intervals: 4.1-1 does not invert the test (here F(581) - 0.2 is 2.4 standard errors away, yet inside); the 4.5
# set has one, and ours is that.

# Calibration by file, with Taylor variances and with replicates calibrated each.
types <- data.frame(stype = c("E", "H", "M"), Freq = c(4421, 755, 1018))
wide <- data.frame(sch_wide = c("No", "Yes"), Freq = c(1072, 5122))
type_rows <- cbind("stype", c("E", "H", "M"), c(4421, 755, 1018))
wide_rows <- cbind("sch_wide", c("No", "Yes"), c(1072, 5122))
sum_row <- cbind("api99", "", 3914069)
totals <- c(`(Intercept)` = 6194, stypeH = 755, stypeM = 1018, api99 = 3914069)
for (name in c("clus1", "clus2")) for (replicated in c(FALSE, TRUE)) {
  d <- designs[[name]]
  if (replicated && name == "clus2") next
  base <- if (replicated) as.svrepdesign(d[[2]]) else d[[2]]
  args <- c(d[[3]], if (replicated) opt(variance = "jackknife"))
  made <- list(
    poststratification = list(postStratify(base, ~stype, types), type_rows),
    linear = list(calibrate(base, ~stype + api99, totals), rbind(type_rows, sum_row)),
    exponential = list(calibrate(base, ~stype + api99, totals, calfun = "raking", epsilon = 1e-12, maxit = 200),
                       rbind(type_rows, sum_row)))
  if (name == "clus1") made$logit <- list(calibrate(base, ~stype + api99, totals, calfun = "logit",
    bounds = if (replicated) c(0.2, 6) else c(0.4, 3), epsilon = 1e-12, maxit = 500), rbind(type_rows, sum_row))
  if (replicated) made$raking <- list(rake(base, list(~stype, ~sch_wide), list(types, wide),
    control = list(maxit = 2000, epsilon = 1e-9)), rbind(type_rows, wide_rows))
  for (how in names(made)) {
    m <- made[[how]][[1]]
    more <- c(args, opt(calibration = how), if (how == "logit") opt(bounds = if (replicated) "0.2,6" else "0.4,3"))
    id <- paste(name, if (replicated) "jk" else "taylor", how, sep = ".")
    rec(paste0(id, ".mean"), d[[1]], c(more, opt(kind = "mean", y = "api00")), one(svymean(~api00, m)), made[[how]][[2]])
    rec(paste0(id, ".total"), d[[1]], c(more, opt(kind = "total", y = "enroll")), one(svytotal(~enroll, m, na.rm = TRUE)),
        made[[how]][[2]])
    rec(paste0(id, ".by"), d[[1]], c(more, opt(kind = "mean", y = "api00", by = "awards")),
        figure(svyby(~api00, ~awards, m, svymean)), made[[how]][[2]])
    if (how %in% c("linear", "poststratification") && !replicated)
      rec(paste0(id, ".median"), d[[1]], c(more, opt(kind = "quantile", y = "api00")),
          { q <- svyquantile(~api00, m, 0.5, interval.type = "mean", qrule = "math")[[1]]
            c(estimate = q[1, 1], se = q[1, 4]) }, made[[how]][[2]])
  }
}
cross <- as.data.frame(xtabs(~stype + awards, apipop <- { data(api); apipop }))
cross_rows <- cbind("stype*awards", paste(cross$stype, cross$awards, sep = "*"), cross$Freq)
rec("clus1.cross.mean", "apiclus1", c(designs$clus1[[3]], opt(calibration = "poststratification", kind = "mean", y = "api00")),
    one(svymean(~api00, postStratify(designs$clus1[[2]], ~stype + awards, cross))), cross_rows)
n_only <- cbind(c("(all)", "api99"), "", c(6194, 3914069))
rec("clus1.size.total", "apiclus1", c(designs$clus1[[3]], opt(calibration = "linear", kind = "total", y = "api00")),
    one(svytotal(~api00, calibrate(designs$clus1[[2]], ~api99, c(`(Intercept)` = 6194, api99 = 3914069)))), n_only)

# Regressions: coefficients, then the joint test of all but the constant.
model <- function(m, terms) {
  found <- summary(m)$coefficients
  test <- regTermTest(m, terms, df = m$df.residual)
  c(lapply(seq_len(nrow(found)), function(k) c(estimate = found[k, 1], se = found[k, 2], statistic = found[k, 3],
                                               p_value = found[k, 4], df = m$df.residual)),
    list(c(statistic = as.numeric(test$Ftest), numerator_df = test$df, p_value = as.numeric(test$p))))
}
small <- glm.control(epsilon = 1e-15, maxit = 200)
for (name in c("strat", "clus1", "clus2")) {
  d <- designs[[name]]
  rec(paste0(name, ".linear"), d[[1]], c(d[[3]], opt(kind = "linear", y = "api00", x = "meals,stype")),
      model(svyglm(api00 ~ meals + stype, d[[2]], control = small), ~meals + stype))
  rec(paste0(name, ".linear.domain"), d[[1]],
      c(d[[3]], opt(kind = "linear", y = "api00", x = "api99,enroll", where = "awards = 'Yes'")),
      model(svyglm(api00 ~ api99 + enroll, subset(d[[2]], awards == "Yes"), control = small), ~api99 + enroll))
  rec(paste0(name, ".logistic"), d[[1]], c(d[[3]], opt(kind = "logistic", y = "sch_wide", level = "Yes", x = "meals,api99")),
      model(svyglm(I(sch_wide == "Yes") ~ meals + api99, d[[2]], family = quasibinomial(), control = small), ~meals + api99))
}
rec("nhanes.logistic", "nhanes_two_thirds", c(designs$nhanes[[3]], opt(kind = "logistic", y = "HI_CHOL", x = "agecat,RIAGENDR")),
    model(svyglm(HI_CHOL ~ agecat + RIAGENDR, designs$nhanes[[2]], family = quasibinomial(), control = small),
          ~agecat + RIAGENDR))
rec("nhanes.logistic.domain", "nhanes_two_thirds",
    c(designs$nhanes[[3]], opt(kind = "logistic", y = "HI_CHOL", x = "agecat", where = "race = 2")),
    model(svyglm(HI_CHOL ~ agecat, subset(designs$nhanes[[2]], race == 2), family = quasibinomial(), control = small), ~agecat))

# Differences with covariances, between groups and between two rounds of the same schools; tests of independence.
two <- rbind(data.frame(clus1[, c("dnum", "pw", "stype")], round = 1, score = clus1$api99),
             data.frame(clus1[, c("dnum", "pw", "stype")], round = 2, score = clus1$api00))
two <- save_data("two_rounds", two)
td <- svydesign(~dnum, weights = ~pw, data = two)
rec("rounds.difference", "two_rounds", c(opt(psu = "dnum", weight = "pw", kind = "mean", y = "score", compare = "round")),
    list(one(svycontrast(svyby(~score, ~round, td, svymean, covmat = TRUE), c("1" = -1, "2" = 1)), degf(td)),
         { b <- svyby(~score, ~round, td, svymean, covmat = TRUE); v <- c(-1, 1)
           est <- sum(v * coef(b)); c(statistic = est^2 / (v %*% vcov(b) %*% v)[1, 1]) }))
# R scales the statistic by all rows, also those without an answer; its p-value does not depend on that.
for (name in c("strat", "clus1", "clus2", "nhanes")) {
  d <- designs[[name]]
  vars <- if (name == "nhanes") c("HI_CHOL", "race") else c("sch_wide", "stype")
  for (kind in c("F", "Chisq", "Wald"))
    rec(paste(name, "test", kind, sep = "."), d[[1]],
        c(d[[3]], opt(kind = "independence", y = vars[1], x = vars[2],
                      statistic = c(F = "F", Chisq = "chi-square", Wald = "wald")[[kind]])),
        { t <- svychisq(as.formula(paste0("~", vars[1], "+", vars[2])), d[[2]], statistic = kind)
          if (name == "nhanes" && kind == "Chisq") c(p_value = t$p.value[[1]]) else
            c(statistic = t$statistic[[1]], p_value = t$p.value[[1]]) })
}
# Intervals of a proportion at another level.
for (name in c("strat", "clus1", "clus2", "nhanes")) {
  d <- designs[[name]]
  what <- if (name == "nhanes") list(~I(HI_CHOL == 1), opt(y = "HI_CHOL")) else
    list(~I(comp_imp == "Yes"), opt(y = "comp_imp", level = "Yes"))
  for (method in c("logit", "xlogit", "beta", "asin", "mean"))
    rec(paste(name, "interval90", method, sep = "."), d[[1]],
        c(d[[3]], opt(kind = "proportion"), what[[2]], opt(ci = method, confidence = "0.9")),
        { p <- svyciprop(what[[1]], d[[2]], method = method, level = 0.9)
          c(estimate = as.numeric(p), ci_low = attr(p, "ci")[[1]], ci_high = attr(p, "ci")[[2]]) })
}

writeLines(c("[", paste(unlist(records), collapse = ",\n"), "]"), file.path(out, "file_records.json"))
cat(length(records), "records, survey", as.character(packageVersion("survey")), "\n")
