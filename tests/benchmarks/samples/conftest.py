"""A classifier of few images, and one whole run of the benchmark on fewer."""

from types import SimpleNamespace

import pytest
from few_samples import EPOCHS, few

from aeutils import training
from benchmarks import samples


@pytest.fixture(scope="module")
def judge():
    """A classifier of 300 images that knows most digits."""
    return samples.Judge(few(300, 120), epochs=30)


@pytest.fixture(scope="module")
def whole():
    """One whole run on few images, and all that went in and out of its parts."""
    seen = SimpleNamespace(
        images=few(60, 40), trained=[], made={}, judged=[], medians=[], walked=[]
    )
    with pytest.MonkeyPatch.context() as patch:

        def watch(module, name, note):
            original = getattr(module, name)

            def watched(*given, **how):
                found = original(*given, **how)
                note(found, *given)
                return found

            patch.setattr(module, name, watched)

        for name, where in (("fit", 1), ("fit_encoder", 1), ("fit_adversarial", 2)):
            watch(training, name, lambda _, *given, w=where: seen.trained.append(given[w]))
        watch(samples.pca.PCA, "fit", lambda _, __, x: seen.trained.append(x))
        watch(samples, "medians", lambda _, of_seeds: seen.medians.append(of_seeds))
        watch(
            samples.Judge, "of_images", lambda found, _, *given: seen.judged.append((*given, found))
        )
        make_all = samples.generators

        def generators(x, seed):
            def kept(name, make):
                seen.made[seed, name] = make()
                return seen.made[seed, name]

            made = make_all(x, seed, epochs=EPOCHS)
            return {name: lambda n=name, m=make: kept(n, m) for name, make in made.items()}

        def walks(judge, spaces):
            seen.walked.append(spaces)
            return {"slant, pixels": {"amount": float(len(seen.walked)), "kept": 50.0}}

        patch.setattr(samples, "generators", generators)
        patch.setattr(samples, "walks", walks)
        seen.new = samples.run(seen.images)
    return seen
