"""What runs inside the sandbox, next to student code; these files import no package of ours."""
