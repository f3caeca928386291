// c10d's header includes this and uses nothing of it.
#pragma once
